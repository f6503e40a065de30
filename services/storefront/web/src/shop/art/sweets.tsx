/** The sweets of the street, drawn by hand on 240 × 180. */
import type { ReactNode } from 'react';

import type { Sweet } from './pick';

function Kinoko({ at, turn = 0, size = 1 }: { at: [number, number]; turn?: number; size?: number }) {
  return (
    <g transform={`translate(${at[0]} ${at[1]}) rotate(${turn}) scale(${size})`}>
      <path d="M-17 4h34l5 44q1 12-11 12h-22q-12 0-11-12z" fill="#ecc88f" />
      <path d="M6 6h11l5 42q1 12-11 12H5q9-24 1-54z" fill="#d9ab69" />
      <path d="M-54 4c0-46 26-66 54-66S54-42 54 4c0 13-18 17-54 17S-54 17-54 4z" fill="#5a3422" />
      <path d="M54 4c0 13-18 17-54 17S-54 17-54 4c10 8 30 10 54 10S46 11 54 4z" fill="#40231a" />
      <path d="M-36-14c4-20 16-32 30-36" fill="none" stroke="#a87857" strokeWidth="7" strokeLinecap="round" />
      <circle cx="10" cy="-52" r="3.5" fill="#a87857" />
    </g>
  );
}

function Takenoko({ at, turn = 0, size = 1 }: { at: [number, number]; turn?: number; size?: number }) {
  return (
    <g transform={`translate(${at[0]} ${at[1]}) rotate(${turn}) scale(${size})`}>
      <path d="M-42 34q-2 22 10 26 32 10 64 0 12-4 10-26z" fill="#e9bf7f" />
      <path d="M8 40h33q1 16-9 20-14 5-28 5 6-12 4-25z" fill="#d6a25c" />
      <path d="M0-66c16 20 42 68 46 98-14 13-78 13-92 0 4-30 30-78 46-98z" fill="#6a3f27" />
      <path d="M0-66c16 20 42 68 46 98-8 7-26 10-42 10 8-40 6-78-4-108z" fill="#50301f" />
      <path d="M-30 12q16 14 30-8 14 22 30 8M-19-20q10 10 19-8 9 18 19 8" fill="none" stroke="#91623f" strokeWidth="4.5" strokeLinecap="round" strokeLinejoin="round" />
    </g>
  );
}

function Ball({ x, y, r, fill, shade }: { x: number; y: number; r: number; fill: string; shade: string }) {
  return (
    <g>
      <circle cx={x} cy={y} r={r} fill={shade} />
      <ellipse cx={x - r * 0.06} cy={y - r * 0.09} rx={r * 0.93} ry={r * 0.9} fill={fill} />
      <ellipse cx={x - r * 0.36} cy={y - r * 0.45} rx={r * 0.24} ry={r * 0.14} fill="#fff" opacity="0.75" transform={`rotate(-32 ${x - r * 0.36} ${y - r * 0.45})`} />
    </g>
  );
}

function Cracker({ x, y, nori = false }: { x: number; y: number; nori?: boolean }) {
  return (
    <g>
      <circle cx={x} cy={y + 3} r="41" fill="#8d5424" />
      <circle cx={x} cy={y} r="41" fill="#c98742" />
      <circle cx={x} cy={y} r="33" fill="none" stroke="#e3ae6c" strokeWidth="3" strokeDasharray="9 7" strokeLinecap="round" />
      {[[-14, -12], [10, -18], [18, 8], [-8, 14], [-22, 6], [3, -2]].map(([dx = 0, dy = 0]) => <circle key={`${dx}${dy}`} cx={x + dx} cy={y + dy} r="2.6" fill="#f1d09a" />)}
      {nori ? <path d={`M${x - 17} ${y - 6}h34v48q-17 7-34 0z`} fill="#24352c" /> : null}
    </g>
  );
}

const DRAWN: Record<Exclude<Sweet, 'parcel'>, () => ReactNode> = {
  kinoko: () => <><Kinoko at={[70, 112]} turn={-16} size={0.62} /><Kinoko at={[174, 114]} turn={15} size={0.56} /><Kinoko at={[120, 92]} size={0.96} /></>,
  takenoko: () => <><Takenoko at={[70, 110]} turn={-14} size={0.62} /><Takenoko at={[172, 112]} turn={13} size={0.58} /><Takenoko at={[120, 90]} size={0.98} /></>,
  dorayaki: () => (
    <>
      <ellipse cx="120" cy="122" rx="76" ry="25" fill="#a9632f" />
      <ellipse cx="120" cy="116" rx="76" ry="24" fill="#e5b777" />
      <path d="M50 104q70 34 140 0-4 22-70 22t-70-22z" fill="#4c2527" />
      <path d="M44 96c0-34 34-50 76-50s76 16 76 50c0 15-34 22-76 22s-76-7-76-22z" fill="#e5b777" />
      <path d="M51 91c2-29 32-42 69-42s67 13 69 42c-8 11-38 15-69 15s-61-4-69-15z" fill="#b8702f" />
      <path d="M74 72c10-10 26-14 42-14" fill="none" stroke="#dba263" strokeWidth="6" strokeLinecap="round" />
    </>
  ),
  taiyaki: () => (
    <>
      <path d="M30 92c14-36 56-50 96-42 18 4 30 12 40 22l40-26c6 16 4 30-4 44 10 14 12 30 6 46l-42-24c-12 12-28 20-50 22-42 3-76-14-86-42z" fill="#9c5a26" />
      <path d="M34 90c14-33 54-45 92-38 18 4 30 12 39 23l37-24c4 14 2 26-6 39 9 13 11 25 7 38l-39-22c-11 12-27 19-48 21-40 3-72-12-82-37z" fill="#d7954d" />
      <g fill="none" stroke="#9c5a26" strokeWidth="4" strokeLinecap="round">
        <path d="M86 60q20 28 2 60M108 68q10 8 0 18M108 90q10 8 0 18M126 72q10 8 0 18M126 94q10 8 0 18M144 82q9 7 0 16M178 84l16-8M178 98l16 6" />
      </g>
      <circle cx="62" cy="82" r="8" fill="#fbe6c1" />
      <circle cx="61" cy="82" r="4.5" fill="#43240f" />
      <path d="M34 92q10 2 16 8" fill="none" stroke="#9c5a26" strokeWidth="4" strokeLinecap="round" />
    </>
  ),
  senbei: () => <><Cracker x={80} y={80} /><Cracker x={158} y={82} /><Cracker x={119} y={102} nori /></>,
  yokan: () => (
    <>
      <path d="M52 84l82-30 62 26v34l-82 34-62-28z" fill="#2c1216" />
      <path d="M52 84l82-30 62 26-82 32z" fill="#6f2f36" />
      <path d="M52 84l62 28v36l-62-28z" fill="#4b1c22" />
      <path d="M66 84l68-25 20 8-70 26z" fill="#a3575c" opacity="0.65" />
      {[[128, 126], [150, 112], [172, 108], [146, 128], [180, 94], [126, 140]].map(([x, y]) => <ellipse key={`${x}${y}`} cx={x} cy={y} rx="6" ry="4.5" fill="#7d3a3f" />)}
      <path d="M92 150l62-24 18 7-58 25z" fill="#3f6d27" opacity="0.9" />
    </>
  ),
  dango: () => (
    <>
      <path d="M34 136L214 48" stroke="#b98d54" strokeWidth="6" strokeLinecap="round" />
      <Ball x={78} y={115} r={30} fill="#9cbb6c" shade="#7b9c4c" />
      <Ball x={124} y={92} r={30} fill="#fdf7ec" shade="#e2d5c0" />
      <Ball x={170} y={70} r={30} fill="#f2b4bb" shade="#d78d97" />
    </>
  ),
  daifuku: () => (
    <>
      <ellipse cx="120" cy="138" rx="92" ry="14" fill="#000" opacity="0.1" />
      <path d="M34 126c0-36 22-52 46-52s44 18 44 52c0 14-90 14-90 0z" fill="#f0aeb6" />
      <path d="M116 126c0-36 22-52 46-52s44 18 44 52c0 14-90 14-90 0z" fill="#b4cd86" />
      <path d="M66 132c0-46 26-66 56-66s54 20 54 66c0 18-110 18-110 0z" fill="#fffaf1" />
      <path d="M150 76c18 12 26 30 26 56 0 13-56 16-86 10 50 2 66-26 60-66z" fill="#eadcc6" />
      <path d="M86 100q8-18 24-22" fill="none" stroke="#fff" strokeWidth="6" strokeLinecap="round" />
    </>
  ),
  tea: () => (
    <>
      <path d="M100 56q-8-10 0-20t0-20M126 56q-8-10 0-20t0-20" fill="none" stroke="currentColor" strokeWidth="5" strokeLinecap="round" opacity="0.5" />
      <path d="M58 72h124q0 74-40 82H98q-40-8-40-82z" fill="#5d7f8c" />
      <path d="M140 72h42q0 74-40 82h-24q26-24 22-82z" fill="#456370" />
      <ellipse cx="120" cy="72" rx="62" ry="14" fill="#7f9fab" />
      <ellipse cx="120" cy="73" rx="53" ry="10" fill="#8fa83f" />
      <path d="M96 154h48v8H96z" fill="#456370" />
    </>
  ),
  chocolate: () => (
    <g transform="rotate(-8 120 90)">
      <rect x="50" y="42" width="140" height="100" rx="8" fill="#3e2118" />
      {[0, 1, 2].flatMap((column) => [0, 1].map((row) => (
        <g key={`${column}${row}`} transform={`translate(${57 + column * 44} ${49 + row * 45})`}>
          <rect width="39" height="40" rx="5" fill="#6a3e2a" />
          <path d="M5 35V5h29" fill="none" stroke="#8d5a40" strokeWidth="4" strokeLinecap="round" strokeLinejoin="round" />
        </g>
      )))}
    </g>
  ),
};

/** A parcel in a knotted cloth, with a label. */
function Parcel({ mark }: { mark: string }) {
  return (
    <>
      <ellipse cx="120" cy="150" rx="70" ry="10" fill="#000" opacity="0.12" />
      <path d="M52 96c4-22 34-34 68-34s64 12 68 34c4 34-20 54-68 54s-72-20-68-54z" fill="currentColor" />
      <path d="M120 62c34 0 64 12 68 34 4 34-20 54-68 54 40-24 40-60 0-88z" fill="#000" opacity="0.14" />
      <path d="M112 62c-30-2-46-18-44-36 22-2 42 10 50 32zM128 62c30-2 46-18 44-36-22-2-42 10-50 32z" fill="currentColor" />
      <path d="M112 62c-16-8-28-20-44-36 22-2 42 10 50 32zM128 62c16-8 28-20 44-36-22-2-42 10-50 32z" fill="#000" opacity="0.16" />
      <rect x="105" y="50" width="30" height="22" rx="9" fill="currentColor" />
      <rect x="105" y="50" width="30" height="22" rx="9" fill="#fff" opacity="0.16" />
      <circle cx="120" cy="110" r="25" fill="#fffaf1" />
      <text x="120" y="120" textAnchor="middle" fontSize="27" fontWeight="700" fill="#2a2420">{mark}</text>
    </>
  );
}

export function Drawn({ sweet, mark }: { sweet: Sweet; mark: string }) {
  return sweet === 'parcel' ? <Parcel mark={mark} /> : DRAWN[sweet]();
}
