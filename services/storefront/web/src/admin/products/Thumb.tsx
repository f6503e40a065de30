import { useQuery } from '@tanstack/react-query';
import { Image } from 'lucide-react';

import { imagesQuery, type ProductImage } from './products';
import styles from './products.module.css';

/** Addresses of pictures are good for an hour. */
const FRESH_MS = 50 * 60_000;

/** The small picture of an image, if it has been made. */
export function smallOf(image: ProductImage): string | undefined {
  return (image.pictures.find(({ key }) => key.includes('thumbnail') && key.endsWith('.webp')) ?? image.pictures[0])?.url;
}

/** The first picture of a product, small; says nothing that the name beside it does not. */
export function Thumb({ id, has }: { id: string; has: boolean }) {
  const { data } = useQuery({ ...imagesQuery(id), enabled: has, staleTime: FRESH_MS });
  const ready = data?.items.find(({ status }) => status === 'ready');
  const url = ready && smallOf(ready);
  return <span className={styles.thumb}>{url ? <img src={url} alt="" loading="lazy" width="32" height="32" /> : <Image aria-hidden />}</span>;
}
