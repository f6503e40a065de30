import { useEffect, useRef, useState } from 'react';

import { newKey, type Schemas } from '@/api/client';
import { Unreachable } from '@/api/problem';

import { insist } from '../logic/commands';
import { send } from '../logic/send';
import { askUpload } from './products';

export const TYPES: readonly Schemas['ImageType'][] = ['image/jpeg', 'image/png'];
/** Bytes that a picture may have. */
export const MOST_BYTES = 10_000_000;

export type UploadFault = 'type' | 'size' | 'empty';

export interface Upload {
  key: string;
  file: File;
  /** A picture of the file, for this page alone. */
  seen: string;
  state: 'sending' | 'sent' | 'failed';
  /** 0 to 1. */
  progress: number;
  imageId?: string;
  fault?: UploadFault;
  error?: unknown;
}

export function faultOf(file: { type: string; size: number }): UploadFault | undefined {
  if (!TYPES.some((type) => type === file.type)) return 'type';
  if (file.size === 0) return 'empty';
  return file.size > MOST_BYTES ? 'size' : undefined;
}

/** Pictures on their way to the store, each alone: asks for a signed request, then sends the file by it. */
export function useUploads(id: string, onSent: () => void) {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const addresses = useRef<string[]>([]);
  useEffect(() => () => addresses.current.forEach((address) => URL.revokeObjectURL(address)), []);
  const tell = (key: string, change: Partial<Upload>) => setUploads((before) => before.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)));
  const start = async ({ key, file }: Upload) => {
    tell(key, { state: 'sending', progress: 0, error: undefined });
    try {
      const type = TYPES.find((type) => type === file.type) ?? 'image/jpeg';
      // The same key asks for the same image again, with a fresh signature.
      await insist(async () => {
        const asked = await askUpload(id, { content_type: type, size: file.size }, key);
        tell(key, { imageId: asked.image_id });
        await send(asked.upload, file, (progress) => tell(key, { progress }));
      });
      tell(key, { state: 'sent', progress: 1 });
      onSent();
    } catch (error) {
      tell(key, { state: 'failed', error: error instanceof Error ? error : new Unreachable('the store does not answer') });
    }
  };
  const add = (files: readonly File[]) => {
    const added = files.map((file): Upload => {
      const fault = faultOf(file);
      const seen = fault ? '' : URL.createObjectURL(file);
      if (seen) addresses.current.push(seen);
      return { key: newKey(), file, seen, progress: 0, state: fault ? 'failed' : 'sending', ...(fault && { fault }) };
    });
    setUploads((before) => [...before, ...added]);
    for (const upload of added) if (!upload.fault) void start(upload);
  };
  return { uploads, add, again: (upload: Upload) => void start(upload), forget: (key: string) => setUploads((before) => before.filter((upload) => upload.key !== key)) };
}
