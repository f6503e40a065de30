import { useQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Empty, Failed } from '@/ui/states';

import { useOrderColumns } from '../orders/columns';
import { Panel } from '../parts/Panel';
import { Table } from '../parts/Table';
import { whole } from '../parts/whole';
import { newestQuery } from './reads';

/** The newest orders. */
export function NewestPanel() {
  const { t } = useTranslation('admin');
  const columns = useOrderColumns(true);
  const { data, isError, error, refetch } = useQuery(newestQuery);
  return (
    <Panel flush title={t('dashboard.newest')} aside={<Link to="/admin/orders">{t('dashboard.all')}</Link>}>
      {isError && !data ? <Failed error={error} again={() => void refetch()} /> : (
        <Table inline label={t('dashboard.newest')} columns={columns} rows={whole(data?.items).rows} keyOf={({ order_id }) => order_id}
          empty={<Empty icon={<ReceiptText aria-hidden />} title={t('orders.none')}><p>{t('orders.none_text')}</p></Empty>} />
      )}
    </Panel>
  );
}
