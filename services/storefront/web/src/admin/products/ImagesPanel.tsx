import { useQuery } from '@tanstack/react-query';
import { ImagePlus } from 'lucide-react';
import { DropZone, type FileDropItem, FileTrigger } from 'react-aria-components';
import { useTranslation } from 'react-i18next';

import { Button } from '@/ui/Button';
import { Failed, Skeleton } from '@/ui/states';

import { Panel } from '../parts/Panel';
import { ImageTile } from './ImageTile';
import { changed, imagesQuery } from './products';
import styles from './products.module.css';
import { TYPES, useUploads } from './uploads';
import { UploadTile } from './UploadTile';

/** Images that a product may have. */
const MOST = 12;

/** A product's pictures, and the way for new ones: chosen, or dropped here. */
export function ImagesPanel({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const { data, isError, error, refetch } = useQuery({ ...imagesQuery(id), refetchInterval: ({ state }) => (state.data?.items.some(({ status }) => status === 'awaited') ? 1_000 : 60_000) });
  const { uploads, add, again, forget } = useUploads(id, () => void changed());
  const images = (data?.items ?? []).filter(({ status }) => status !== 'expired');
  const known = new Set(images.map(({ image_id }) => image_id));
  // An upload that has arrived is shown as the image that it is becoming.
  const under = uploads.filter(({ state, imageId }) => !(state === 'sent' && imageId && known.has(imageId)));
  const sending = new Set(under.map(({ imageId }) => imageId));
  return (
    <Panel title={t('images.title')} aside={data ? t('images.of', { count: images.length, most: MOST }) : null}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : !data ? <Skeleton height="132px" /> : images.length + under.length > 0 ? (
        <ul className={styles.images}>
          {images.filter(({ image_id }) => !sending.has(image_id)).map((image) => (
            <ImageTile key={image.image_id} id={id} image={image} seen={uploads.find(({ imageId }) => imageId === image.image_id)?.seen} />
          ))}
          {under.map((upload) => <UploadTile key={upload.key} upload={upload} onAgain={() => again(upload)} onForget={() => forget(upload.key)} />)}
        </ul>
      ) : null}
      <DropZone className={styles.drop ?? ''} aria-label={t('images.drop')} getDropOperation={() => 'copy'}
        onDrop={(event) => void Promise.all(event.items.filter((item): item is FileDropItem => item.kind === 'file').map((item) => item.getFile())).then(add)}>
        <ImagePlus aria-hidden />
        <span>{t('images.drop')}</span>
        <FileTrigger acceptedFileTypes={TYPES} allowsMultiple onSelect={(files) => add([...(files ?? [])])}>
          <Button size="small">{t('images.choose')}</Button>
        </FileTrigger>
        <span className="dim">{t('images.limits')}</span>
      </DropZone>
    </Panel>
  );
}
