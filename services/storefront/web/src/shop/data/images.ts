/** Pictures of products: their addresses are signed for an hour, so they are asked for once and kept as long. */
import { useQuery } from '@tanstack/react-query';

import { api, body, type Schemas } from '@/api/client';
import { limited } from './limited';

/** Connections that pictures may take at a time, so that a page of them does not hold up everything else. */
const inTurn = limited(4);
/** An address that ends within this time is asked for anew. */
const MARGIN_MS = 5 * 60_000;

export interface Image {
  id: string;
  /** Addresses by kind and type: `thumbnail` has 320 pixels on its longer side, `web` 1,600. */
  sources: { type: string; thumbnail: string | undefined; web: string | undefined }[];
  /** A ThumbHash in base64. */
  placeholder: string | undefined;
  width: number;
  height: number;
}

const TYPES = [
  { type: 'image/webp', ending: /\.?webp$/ },
  { type: 'image/jpeg', ending: /\.?jpe?g$/ },
];

export function imageOf(image: Schemas['ProductImage']): Image {
  const url = (kind: string, ending: RegExp) => image.pictures.find(({ key }) => ending.test(key) && key.replace(ending, '').endsWith(kind))?.url;
  const sources = TYPES.map(({ type, ending }) => ({ type, thumbnail: url('thumbnail', ending), web: url('web', ending) }));
  return {
    id: image.image_id,
    sources: sources.filter((source) => source.thumbnail ?? source.web),
    placeholder: image.placeholder,
    width: image.width ?? 4,
    height: image.height ?? 3,
  };
}

/** Images of a product; nobody asks where the product has none, or while it is far from being seen. */
export function useImages(productId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['images', productId],
    queryFn: ({ signal }) => inTurn(() => body(api.GET('/products/{id}/images', { params: { path: { id: productId } }, signal }))),
    select: (found) => found.items.filter((image) => image.status === 'ready').map(imageOf),
    enabled,
    staleTime: ({ state }) => (state.data ? Math.max(0, new Date(state.data.expires_at).getTime() - Date.now() - MARGIN_MS) : 0),
    gcTime: 3_600_000,
  });
}
