/** Reads and commands of products. */
import { api, body, type Schemas } from '@/api/client';
import { queries } from '@/app/query';

export type Product = Schemas['Product'];
export type ProductImage = Schemas['ProductImage'];

export const PRODUCTS = 'admin-products';
export const STOCK = 'admin-stock';

/** A language that no product has texts in: answers come in the language that they were written in, which the form edits. */
const AS_WRITTEN = 'zz';

export const readProduct = (id: string) => body(api.GET('/products/{id}', { params: { path: { id }, query: { lang: AS_WRITTEN } } }));

export const productQuery = (id: string) => ({ queryKey: [PRODUCTS, 'one', id], queryFn: () => readProduct(id) });

export const imagesQuery = (id: string) => ({
  queryKey: [PRODUCTS, 'images', id],
  queryFn: () => body(api.GET('/products/{id}/images', { params: { path: { id } } })),
});

export const pricesQuery = (id: string) => ({
  queryKey: [PRODUCTS, 'prices', id],
  queryFn: () => body(api.GET('/products/{id}/prices', { params: { path: { id }, query: { limit: 100 } } })),
});

export const stockQuery = (id: string) => ({
  queryKey: [STOCK, 'of', id],
  queryFn: async () => {
    const page = await body(api.GET('/inventory', { params: { query: { product_id: [id] } } }));
    return page.items.find((entry): entry is Schemas['ProductStock'] => 'available' in entry) ?? null;
  },
});

const match = (version: number | '*') => (version === '*' ? '*' : `"${version}"`);

export const create = (product: Schemas['CreateProduct'], key: string) =>
  body(api.POST('/products', { params: { header: { 'Idempotency-Key': key } }, body: product }));

export const change = (id: string, version: number, product: Schemas['ChangeProduct']) =>
  body(api.PUT('/products/{id}', { params: { path: { id }, header: { 'If-Match': match(version) } }, body: product }));

export const remove = (id: string, version: number) =>
  body(api.DELETE('/products/{id}', { params: { path: { id }, header: { 'If-Match': match(version) } } }));

/** Whatever the version is: nobody can have changed what is not on sale. */
export const restore = (id: string) => body(api.POST('/products/{id}/restore', { params: { path: { id }, header: { 'If-Match': match('*') } } }));

export const addStock = (id: string, quantity: number, key: string) =>
  body(api.POST('/products/{id}/stock', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body: { quantity } }));

export const askUpload = (id: string, image: Schemas['CreateImage'], key: string) =>
  body(api.POST('/products/{id}/images', { params: { path: { id }, header: { 'Idempotency-Key': key } }, body: image }));

export const removeImage = (id: string, imageId: string) =>
  body(api.DELETE('/products/{id}/images/{image_id}', { params: { path: { id, image_id: imageId } } }));

export function changed(): Promise<unknown> {
  return Promise.all([PRODUCTS, STOCK].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}
