import { Terminal } from 'lucide-react';
import { useTranslation } from 'react-i18next';

import layout from '../layout.module.css';
import styles from './commands.module.css';
import { Copy } from './Copy';

export interface CommandText { command: string; text: string }

/** What only the command line does: each command, ready to be copied, and what it does. */
export function Commands({ title, lead, commands }: { title: string; lead: string; commands: readonly CommandText[] }) {
  const { t } = useTranslation('console');
  return (
    <section className={layout.panel} aria-labelledby="commands">
      <div className={layout.panelHead}><h2 id="commands" className={layout.icon}><Terminal size={17} aria-hidden />{title}</h2></div>
      <p className={`${layout.padded ?? ''} ${layout.lead ?? ''}`}>{lead}</p>
      <ul className={styles.commands}>
        {commands.map(({ command, text }) => <li key={command}><Copy text={command} label={t('commands.copy', { command })} /><p>{text}</p></li>)}
      </ul>
    </section>
  );
}
