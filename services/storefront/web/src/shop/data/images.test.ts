import { expect, test } from 'vitest';

import { imageOf } from './images';
import { limited } from './limited';

test('pictures are found by kind and type', () => {
  const pictures = ['thumbnail.jpg', 'web.jpg', 'thumbnail.webp', 'web.webp'].map((name) => ({ key: `products/prod_a/img_1/${name}`, url: `https://store/${name}` }));
  const image = imageOf({ image_id: 'img_1', status: 'ready', pictures, width: 1600, height: 900 });
  expect(image.sources).toEqual([
    { type: 'image/webp', thumbnail: 'https://store/thumbnail.webp', web: 'https://store/web.webp' },
    { type: 'image/jpeg', thumbnail: 'https://store/thumbnail.jpg', web: 'https://store/web.jpg' },
  ]);
});

test('no more than a few run at a time, and all run', async () => {
  const inTurn = limited(2);
  let [running, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
  };
  await Promise.all(Array.from({ length: 7 }, () => inTurn(work)));
  expect([running, most]).toEqual([0, 2]);
});

test('a failure gives its turn to the next', async () => {
  const inTurn = limited(1);
  await expect(inTurn(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(inTurn(() => Promise.resolve(1))).resolves.toBe(1);
});
