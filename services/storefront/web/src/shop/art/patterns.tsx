import type { Pattern } from './pick';

/** Patterns of old cloth, each one tile. Drawn in the ground's own ink. */
const TILES: Record<Pattern, { width: number; height: number; draw: () => React.ReactNode }> = {
  seigaiha: {
    width: 40,
    height: 20,
    draw: () => (
      <g fill="none" stroke="currentColor" strokeWidth="1.4">
        {[20, 13, 6].map((r) => <circle key={r} cx="20" cy="20" r={r} />)}
        {[20, 13, 6].map((r) => <path key={r} d={`M${-r} 10 A${r} ${r} 0 0 1 ${r} 10 M${40 - r} 10 A${r} ${r} 0 0 1 ${40 + r} 10`} />)}
      </g>
    ),
  },
  ichimatsu: { width: 36, height: 36, draw: () => <path d="M0 0h18v18H0z M18 18h18v18H18z" fill="currentColor" opacity="0.7" /> },
  mameshibori: {
    width: 28,
    height: 28,
    draw: () => (
      <g fill="currentColor">
        <circle cx="7" cy="7" r="4" />
        <circle cx="21" cy="21" r="4" />
      </g>
    ),
  },
  shima: { width: 20, height: 20, draw: () => <path d="M3 0v20 M10 0v20" stroke="currentColor" strokeWidth="2.4" /> },
  shippo: {
    width: 36,
    height: 36,
    draw: () => (
      <g fill="none" stroke="currentColor" strokeWidth="1.4">
        <circle cx="18" cy="18" r="18" />
        {[[0, 0], [36, 0], [0, 36], [36, 36]].map(([x, y]) => <circle key={`${x}-${y}`} cx={x} cy={y} r="18" />)}
      </g>
    ),
  },
  uroko: { width: 32, height: 28, draw: () => <path d="M0 28 16 0l16 28z" fill="currentColor" opacity="0.6" /> },
};

export function PatternTile({ id, pattern }: { id: string; pattern: Pattern }) {
  const { width, height, draw } = TILES[pattern];
  return <pattern id={id} width={width} height={height} patternUnits="userSpaceOnUse">{draw()}</pattern>;
}
