import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { api, body } from '@/api/client';
import { useFormats } from '@/i18n/format';
import { Button } from '@/ui/Button';
import { Empty, Failed } from '@/ui/states';

import { type Address, given } from '../parts/address';
import { short } from '../parts/ids';
import { Pager } from '../parts/Pager';
import parts from '../parts/parts.module.css';
import { SearchField } from '../parts/SearchField';
import { Table } from '../parts/Table';
import { CUSTOMERS } from './customers';

/** People with an account, found by how their address begins. */
export function AccountList({ address }: { address: Address }) {
  const { t } = useTranslation('admin');
  const { day } = useFormats();
  const query = given({ email: address.get('email'), cursor: address.cursor, limit: 50 });
  const customers = useQuery({ queryKey: [CUSTOMERS, 'accounts', query], queryFn: () => body(api.GET('/customers', { params: { query } })), placeholderData: keepPreviousData });
  const rows = customers.data?.items;
  return (
    <>
      <div className={parts.filters}>
        <SearchField label={t('customers.email_begins')} value={address.get('email') ?? ''} onFind={(email) => address.set({ email })} />
        {address.filters > 0 ? <Button look="quiet" size="small" onPress={address.clear}>{t('clear')}</Button> : null}
      </div>
      {customers.isError && !rows ? <Failed error={customers.error} again={() => void customers.refetch()} /> : (
        <Table label={t('customers.accounts')} rows={rows} keyOf={({ user_id }) => user_id} stale={customers.isPlaceholderData}
          empty={<Empty icon={<Users aria-hidden />} title={t(address.filters > 0 ? 'customers.none_found' : 'customers.none')}><p>{t('customers.none_text')}</p></Empty>}
          columns={[
            { id: 'email', head: t('customers.email'), header: true, cell: ({ user_id, email }) => <Link to={`/admin/customers/${user_id}`} state={{ email }}>{email}</Link> },
            { id: 'name', head: t('customers.name'), cell: ({ name }) => name ?? <span className="dim">–</span> },
            { id: 'language', head: t('customers.language'), roomy: true, cell: ({ language }) => t(`customers.lang.${language}`) },
            { id: 'id', head: t('customers.id'), roomy: true, cell: ({ user_id }) => <span className={parts.id} title={user_id}>{short(user_id)}</span> },
            { id: 'since', head: t('customers.since_account'), end: true, cell: ({ created_at }) => day(created_at) },
          ]} />
      )}
      <Pager address={address} shown={rows?.length} next={customers.data?.next_cursor} />
    </>
  );
}
