import { useTranslation } from 'react-i18next';

import { TextField } from '@/ui/Field';

/** The API takes 1 to 200 characters. */
const MOST = 200;
/** As the API counts: by code points. */
const lengthOf = (text: string) => Array.from(text.trim()).length;
export const isReason = (text: string) => lengthOf(text) > 0 && lengthOf(text) <= MOST;

/** Why: goes into the records with the name of whoever did it. */
export function Reason({ value, onChange, isDisabled = false }: { value: string; onChange: (text: string) => void; isDisabled?: boolean }) {
  const { t } = useTranslation('console');
  return <TextField label={t('reason.label')} hint={t('reason.hint')} placeholder={t('reason.example')} value={value} onChange={onChange} isDisabled={isDisabled} isRequired {...(lengthOf(value) > MOST && { error: t('reason.long') })} />;
}
