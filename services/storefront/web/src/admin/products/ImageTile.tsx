import { ImageOff, LoaderCircle, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { thumbHashToDataURL } from 'thumbhash';

import { Button } from '@/ui/Button';
import { Badge, type Tone } from '@/ui/states';

import { useCommand } from '../parts/command';
import { Problem } from '../parts/Problem';
import { changed, type ProductImage, removeImage } from './products';
import styles from './products.module.css';
import { smallOf } from './Thumb';

const TONES: Record<ProductImage['status'], Tone> = { awaited: 'info', ready: 'good', refused: 'bad', expired: 'neutral' };

/** The blurred picture to show until the real one has come. */
function blurOf(placeholder: string | undefined): string | undefined {
  if (!placeholder) return undefined;
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(placeholder), (letter) => letter.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** One image of a product: what it looks like, how far it is, why it was refused. */
export function ImageTile({ id, image, seen }: { id: string; image: ProductImage; seen?: string | undefined }) {
  const { t, i18n } = useTranslation('admin');
  const blur = useMemo(() => blurOf(image.placeholder), [image.placeholder]);
  const removing = useCommand((imageId: string) => removeImage(id, imageId), changed);
  const url = smallOf(image) ?? (image.status === 'awaited' ? seen : undefined);
  const reason = image.reason && (i18n.exists(`images.reason.${image.reason}`, { ns: 'admin' }) ? t(`images.reason.${image.reason}` as 'images.reason.damaged') : image.reason);
  const Mark = image.status === 'awaited' ? LoaderCircle : ImageOff;
  return (
    <li className={styles.image}>
      <div className={styles.frame} style={blur ? { backgroundImage: `url(${blur})` } : undefined}>
        {url ? <img src={url} alt={t('images.alt')} width={image.width} height={image.height} /> : <Mark aria-hidden />}
        <Button size="small" look="quiet" icon aria-label={t('images.delete')} isPending={removing.isPending} onPress={() => removing.mutate(image.image_id)}><Trash2 aria-hidden /></Button>
      </div>
      <span className={styles.caption} aria-live="polite">
        <Badge tone={TONES[image.status]}>{t(`images.status.${image.status}`)}</Badge>
        {reason}
        {image.width && image.height ? <span className="numbers">{image.width} × {image.height}</span> : null}
        <Problem error={removing.error} />
      </span>
    </li>
  );
}
