import { useMemo, useState } from 'react';
import { thumbHashToDataURL } from 'thumbhash';

import { Art } from '../art/Art';
import { type Image, useImages } from '../data/images';
import type { Product } from '../data/products';
import styles from './picture.module.css';
import { useSeen } from './useSeen';

function placeholderOf(image: Image | undefined): string | undefined {
  if (!image?.placeholder) return undefined;
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(image.placeholder), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** One image in the frame around it; its placeholder until it is there. */
export function Photo({ image, alt, sizes }: { image: Image; alt: string; sizes: string }) {
  const [loaded, setLoaded] = useState(false);
  const placeholder = useMemo(() => placeholderOf(image), [image]);
  const sets = image.sources.map(({ type, thumbnail, web }) => ({ type, set: [thumbnail && `${thumbnail} 320w`, web && `${web} 1600w`].filter(Boolean).join(', ') }));
  const last = image.sources.at(-1);
  return (
    <span className={styles.photo} style={placeholder ? { backgroundImage: `url(${placeholder})` } : {}}>
      <picture>
        {sets.slice(0, -1).map(({ type, set }) => <source key={type} type={type} srcSet={set} sizes={sizes} />)}
        <img className={loaded ? styles.loaded : ''} src={last?.thumbnail ?? last?.web} srcSet={sets.at(-1)?.set} sizes={sizes} alt={alt} decoding="async" onLoad={() => setLoaded(true)} />
      </picture>
    </span>
  );
}

/** A product's first picture, or a drawing. The frame has its size before anything is there. */
export function Picture({ product, sizes, alt = '' }: { product: Product; sizes: string; alt?: string }) {
  const [frame, seen] = useSeen();
  const has = product.images.length > 0;
  const images = useImages(product.product_id, has && seen);
  const first = images.data?.[0];
  const drawn = !has || images.isError || images.data?.length === 0;
  return (
    <span className={styles.frame} ref={frame}>
      {first ? <Photo image={first} alt={alt} sizes={sizes} /> : drawn ? <Art id={product.product_id} name={product.name} names={product.names} /> : null}
    </span>
  );
}
