import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import type { Selection } from './selection';
import { SkeletonRows } from './SkeletonRows';
import styles from './table.module.css';

export interface Column<T> {
  id: string;
  head: string;
  cell: (row: T) => ReactNode;
  end?: boolean;
  /** Names the row for screen readers; one column of each table. */
  header?: boolean;
  /** The list's orders by this column: the first press, and the second. */
  sorts?: readonly [first: string, second: string];
  /** Left out where there is little room. */
  roomy?: boolean;
}

interface Sorting {
  /** The order that is shown. */
  by: string;
  to: (sort: string) => void;
}

function directionOf(sort: string): 'ascending' | 'descending' {
  return sort.startsWith('-') || sort === 'newest' ? 'descending' : 'ascending';
}

function Head<T>({ column, sorting }: { column: Column<T>; sorting: Sorting | undefined }) {
  const classes = [column.end ? styles.end : '', column.roomy ? styles.roomy : ''].filter(Boolean).join(' ');
  const { sorts } = column;
  if (!sorts || !sorting) return <th scope="col" className={classes}>{column.head}</th>;
  const now = sorts.includes(sorting.by) ? directionOf(sorting.by) : undefined;
  const Mark = now === undefined ? ChevronsUpDown : now === 'ascending' ? ArrowUp : ArrowDown;
  return (
    <th scope="col" className={classes} aria-sort={now ?? 'none'}>
      <button type="button" className={styles.sort} onClick={() => sorting.to(sorting.by === sorts[0] ? sorts[1] : sorts[0])}>
        {column.head}<Mark aria-hidden />
      </button>
    </th>
  );
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  /** Absent while they are loaded. */
  rows: readonly T[] | undefined;
  keyOf: (row: T) => string;
  sorting?: Sorting;
  selection?: Selection<T>;
  /** Shown in place of rows where there are none. */
  empty?: ReactNode;
  /** Older rows are shown while newer ones are loaded. */
  stale?: boolean;
  /** As high as its rows, within something else; else it scrolls by itself under its head. */
  inline?: boolean;
}

/** A dense table whose head stays in sight. */
export function Table<T>({ label, columns, rows, keyOf, sorting, selection, empty, stale = false, inline = false }: Props<T>) {
  const { t } = useTranslation('admin');
  if (rows?.length === 0 && empty) return empty;
  const all = rows !== undefined && rows.length > 0 && selection !== undefined && rows.every((row) => selection.has(row));
  return (
    <div className={inline ? styles.inline : styles.scroll} role="region" aria-label={label} tabIndex={0} data-stale={stale || undefined}>
      <table className={styles.table} aria-busy={rows === undefined}>
        <thead>
          <tr>
            {selection ? (
              <th scope="col" className={styles.pick}>
                <input type="checkbox" aria-label={t('table.all')} checked={all} disabled={!rows?.length} onChange={() => selection.put(rows ?? [], !all)} />
              </th>
            ) : null}
            {columns.map((column) => <Head key={column.id} column={column} sorting={sorting} />)}
          </tr>
        </thead>
        <tbody>
          {rows === undefined ? <SkeletonRows columns={columns.length + (selection ? 1 : 0)} /> : rows.map((row) => {
            const key = keyOf(row);
            const picked = selection?.has(row) ?? false;
            return (
              <tr key={key} data-picked={picked || undefined}>
                {selection ? (
                  <td className={styles.pick}><input type="checkbox" aria-label={t('table.one', { id: key })} checked={picked} onChange={() => selection.put([row], !picked)} /></td>
                ) : null}
                {columns.map(({ id, cell, end, header, roomy }) => {
                  const classes = [end ? `${styles.end ?? ''} numbers` : '', roomy ? styles.roomy : ''].filter(Boolean).join(' ');
                  return header ? <th key={id} scope="row" className={classes}>{cell(row)}</th> : <td key={id} className={classes}>{cell(row)}</td>;
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
