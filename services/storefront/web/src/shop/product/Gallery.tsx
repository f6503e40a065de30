import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { Art } from '../art/Art';
import { useImages } from '../data/images';
import type { Product } from '../data/products';
import { Photo } from './Picture';
import styles from './product.module.css';

/** All images of a product, one large; a drawing where there is none. */
export function Gallery({ product }: { product: Product }) {
  const { t } = useTranslation('shop');
  const images = useImages(product.product_id, product.images.length > 0);
  const [chosen, choose] = useState(0);
  const all = images.data ?? [];
  const shown = all[chosen] ?? all[0];
  const drawn = product.images.length === 0 || images.isError || images.data?.length === 0;
  return (
    <div className={styles.gallery}>
      <div className={styles.stage}>
        {shown ? <Photo key={shown.id} image={shown} alt={t('picture', { name: product.name, n: chosen + 1 })} sizes="(max-width: 860px) 100vw, 620px" /> : drawn ? <Art id={product.product_id} name={product.name} names={product.names} /> : null}
      </div>
      {all.length > 1 ? (
        <ul className={styles.thumbs}>
          {all.map((image, at) => (
            <li key={image.id}>
              <button type="button" aria-label={t('picture', { name: product.name, n: at + 1 })} aria-pressed={at === chosen} onClick={() => choose(at)}><Photo image={image} alt="" sizes="72px" /></button>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
