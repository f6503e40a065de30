import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { limited } from '@/shop/data/limited';
import { Dialog } from '@/ui/Dialog';
import { Failed, Skeleton } from '@/ui/states';

import type { BulkKind } from './BulkBar';
import { BulkDialog } from './BulkDialog';
import { type Order, ORDERS, orderQuery } from './orders';

/** Reads at a time. */
const inTurn = limited(4);

/** A bulk action of orders as they are now: those that the list does not show any more are read anew before anything is said of them. */
export function BulkReader({ kind, chosen, shown, onClose }: { kind: BulkKind; chosen: readonly Order[]; shown: readonly Order[]; onClose: () => void }) {
  const { t } = useTranslation('admin');
  // As it was when the dialog opened: what the list shows meanwhile changes nothing of what is being done.
  const [away] = useState(() => chosen.filter(({ order_id }) => !shown.some((row) => row.order_id === order_id)).map(({ order_id }) => order_id));
  const read = useQuery({
    queryKey: [ORDERS, 'bulk', away],
    queryFn: () => Promise.all(away.map((id) => inTurn(orderQuery(id).queryFn))),
    enabled: away.length > 0,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (away.length > 0 && !read.data) {
    return (
      <Dialog title={t(`bulk.${kind}_title`, { count: chosen.length })} open wide onClose={onClose}>
        {read.isError ? <Failed error={read.error} again={() => void read.refetch()} /> : <Skeleton height="240px" />}
      </Dialog>
    );
  }
  const now = new Map(read.data?.map((order) => [order.order_id, order]));
  return <BulkDialog kind={kind} orders={chosen.map((order) => now.get(order.order_id) ?? order)} onClose={onClose} />;
}
