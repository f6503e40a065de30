import { Skeleton } from '@/ui/states';

/** Rows of a table that are not there yet, as high as those that come. */
export function SkeletonRows({ columns, rows = 8 }: { columns: number; rows?: number }) {
  return Array.from({ length: rows }, (_, row) => (
    <tr key={row}>
      {Array.from({ length: columns }, (_, column) => <td key={column}><Skeleton height="1.2em" width={column === 0 ? '70%' : '50%'} /></td>)}
    </tr>
  ));
}
