import { useTranslation } from 'react-i18next';

import { useFormats } from '@/i18n/format';
import { Badge } from '@/ui/states';

import type { Letter } from '../api';
import layout from '../layout.module.css';
import { Term } from '../parts/Term';
import styles from './letters.module.css';

export function LetterTable({ letters, marked, mark, open }: { letters: Letter[]; marked: ReadonlySet<string>; mark: (marked: ReadonlySet<string>) => void; open: (letter: Letter) => void }) {
  const { t } = useTranslation('console');
  const { ago, count } = useFormats();
  const isAll = letters.length > 0 && letters.every(({ id }) => marked.has(id));
  const toggle = (id: string) => {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    mark(next);
  };
  return (
    <div className={styles.letters} role="region" aria-label={t('letters.title')} tabIndex={0}>
      <table className={layout.table}>
        <thead>
          <tr>
            <th scope="col"><input type="checkbox" aria-label={t('letters.mark_all')} checked={isAll} onChange={() => mark(new Set(isAll ? [] : letters.map(({ id }) => id)))} /></th>
            <th scope="col">{t('letters.about')}</th>
            <th scope="col">{t('letters.type')}</th>
            <th scope="col" className={layout.right}><Term id="attempt">{t('letters.attempts')}</Term></th>
            <th scope="col">{t('letters.received')}</th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.id}>
              <td><input type="checkbox" aria-label={t('letters.mark', { letter: letter.id })} checked={marked.has(letter.id)} onChange={() => toggle(letter.id)} /></td>
              <td><button type="button" className={styles.subject} onClick={() => open(letter)}>{letter.subject ?? letter.id}</button></td>
              <td className={layout.tight}>{letter.event_type ?? '–'}{letter.redriven ? <> <Badge tone="info">{t('letters.redriven', { count: letter.redriven })}</Badge></> : null}</td>
              <td className={layout.right}>{count(letter.attempts)}</td>
              <td className={layout.tight}>{letter.first_received_at ? ago(letter.first_received_at) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
