import { useTranslation } from 'react-i18next';

import { Segmented } from '@/ui/Segmented';

import { useAddress } from '../parts/address';
import { PageHead } from '../parts/PageHead';
import { AccountList } from './AccountList';
import { BuyerList } from './BuyerList';

/** Customers: who has an account, by address, or who has bought, guests too, by how much. */
export function Component() {
  const { t } = useTranslation('admin');
  const address = useAddress();
  const by = address.get('by') === 'buyers' ? 'buyers' : 'accounts';
  return (
    <>
      <PageHead title={t('nav.customers')} actions={
        <Segmented label={t('customers.which')} value={by} choices={[{ id: 'accounts', text: t('customers.accounts') }, { id: 'buyers', text: t('customers.buyers') }]}
          onChange={(by) => address.set({ by: by === 'buyers' ? by : undefined, sort: undefined, email: undefined, from: undefined, until: undefined })} />
      } />
      {by === 'buyers' ? <BuyerList address={address} /> : <AccountList address={address} />}
    </>
  );
}
