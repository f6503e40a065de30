import styles from './sweet.module.css';

const DRAWN: Record<string, typeof Kinoko> = { prod_kinoko: Kinoko, prod_takenoko: Takenoko };

/** A chocolate cap on a biscuit stem. */
function Kinoko() {
  return (
    <>
      <path d="M47 58h26l4 38c.6 6-4 11-10 11H53c-6 0-10.6-5-10-11z" fill="#ecc98f" />
      <path d="M47 58h11l-3 49h-2c-6 0-10.6-5-10-11z" fill="#d9ae6c" />
      <path d="M60 14c28 0 48 18 48 38 0 9-8 14-20 14H32c-12 0-20-5-20-14 0-20 20-38 48-38z" fill="#5b3018" />
      <path d="M60 14c28 0 48 18 48 38 0 4-1.6 7.3-4.5 9.8C100 42 82 26 52 15c2.6-.7 5.3-1 8-1z" fill="#74411f" />
      <path d="M27 44c4-10 13-17 24-20" fill="none" stroke="#a8703f" strokeWidth="5" strokeLinecap="round" />
      <circle cx="50" cy="82" r="2.6" fill="#5b3018" /><circle cx="68" cy="82" r="2.6" fill="#5b3018" />
      <path d="M54 89c3 3.5 7 3.5 10 0" fill="none" stroke="#5b3018" strokeWidth="2.4" strokeLinecap="round" />
    </>
  );
}

/** A bamboo shoot of chocolate on a cookie. */
function Takenoko() {
  return (
    <>
      <path d="M22 88c0-8 17-13 38-13s38 5 38 13v7c0 8-17 14-38 14s-38-6-38-14z" fill="#ecc98f" />
      <path d="M22 90c3 7 19 11 38 11s35-4 38-11v5c0 8-17 14-38 14s-38-6-38-14z" fill="#d9ae6c" />
      <path d="M60 8c5 0 9 8 13 19 7 19 16 40 19 56 1 7-13 12-32 12s-33-5-32-12c3-16 12-37 19-56C51 16 55 8 60 8z" fill="#5b3018" />
      <path d="M60 8c5 0 9 8 13 19 7 19 16 40 19 56 .6 4.3-4.5 7.8-13 10C79 66 72 34 58 8.5 58.7 8.2 59.3 8 60 8z" fill="#74411f" />
      <path d="M47 27c8 7 18 7 26 0M39 49c11 10 31 10 42 0M31 71c15 12 43 12 58 0" fill="none" stroke="#a8703f" strokeWidth="4" strokeLinecap="round" />
      <circle cx="51" cy="66" r="2.6" fill="#f3dcb4" /><circle cx="69" cy="66" r="2.6" fill="#f3dcb4" />
      <path d="M55 72c3 3.5 7 3.5 10 0" fill="none" stroke="#f3dcb4" strokeWidth="2.4" strokeLinecap="round" />
    </>
  );
}

/** Any other: three dumplings on a stick. */
function Dango() {
  return (
    <>
      <path d="M60 10v104" stroke="#c9a06a" strokeWidth="6" strokeLinecap="round" />
      <circle cx="60" cy="27" r="19" fill="#f3b8c0" /><circle cx="60" cy="58" r="19" fill="#fbf3e4" /><circle cx="60" cy="89" r="19" fill="#b4cf8b" />
      <path d="M48 21c2-4 5-6 9-7M48 52c2-4 5-6 9-7M48 83c2-4 5-6 9-7" fill="none" stroke="#fff" strokeOpacity=".75" strokeWidth="3.5" strokeLinecap="round" />
      <circle cx="54" cy="58" r="2.4" fill="#5b3018" /><circle cx="67" cy="58" r="2.4" fill="#5b3018" />
      <path d="M57.5 63c2 2.4 4.5 2.4 6.5 0" fill="none" stroke="#5b3018" strokeWidth="2.2" strokeLinecap="round" />
    </>
  );
}

/** A drawing of the sweet. Bounces each time that `beat` changes. */
export function Sweet({ product, beat = 0, small = false }: { product: string; beat?: number; small?: boolean }) {
  const Drawing = DRAWN[product] ?? Dango;
  return (
    <svg key={beat} className={`${styles.sweet ?? ''} ${small ? (styles.small ?? '') : ''} ${beat > 0 ? (styles.bounce ?? '') : ''}`} viewBox="0 0 120 120" aria-hidden focusable="false">
      <Drawing />
    </svg>
  );
}
