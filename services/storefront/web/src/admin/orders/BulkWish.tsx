import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { TextField } from '@/ui/Field';
import { Notice } from '@/ui/states';

import { REASON_MOST, type Wish } from '../logic/refund';
import parts from '../parts/parts.module.css';
import type { BulkKind } from './BulkBar';

/** Characters that the note of a cancellation may have. */
export const NOTE_MOST = 500;

/** What is said once for all orders of a bulk action. */
export function useBulkWish(kind: BulkKind) {
  const [note, setNote] = useState('');
  const [reason, setReason] = useState('');
  const [restock, setRestock] = useState(false);
  const wish: Wish = { kind: 'all', pieces: {}, restock, reason };
  return { note, setNote, reason, setReason, restock, setRestock, wish, isReady: kind !== 'refund' || reason.trim() !== '' };
}

export function BulkWish({ kind, state }: { kind: BulkKind; state: ReturnType<typeof useBulkWish> }) {
  const { t } = useTranslation('admin');
  if (kind === 'ship') return <p className="dim">{t('bulk.ship_text')}</p>;
  if (kind === 'cancel') {
    return (
      <>
        <Notice tone="warn">{t('cancelling.text')}</Notice>
        <TextField label={t('cancelling.note')} hint={t('cancelling.hint')} value={state.note} onChange={state.setNote} maxLength={NOTE_MOST} />
      </>
    );
  }
  return (
    <>
      <p className="dim">{t('bulk.refund_text')}</p>
      <TextField label={t('refunding.reason')} hint={t('refunding.reason_hint')} value={state.reason} onChange={state.setReason} maxLength={REASON_MOST} isRequired />
      <label className={parts.check}><input type="checkbox" checked={state.restock} onChange={(event) => state.setRestock(event.target.checked)} />{t('bulk.restock')}</label>
    </>
  );
}
