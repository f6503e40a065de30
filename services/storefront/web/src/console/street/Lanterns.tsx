import { useEffect, useRef } from 'react';

import { due, eventsPerLantern, type Flow } from './flows';
import styles from './map.module.css';

/** Pixels a second. */
const PACE = 260;
const SVG = 'http://www.w3.org/2000/svg';
/** More are never on the map at once, whatever a slow machine has piled up. */
const CROWD = 140;

function lantern(): SVGGElement {
  const make = (name: string, attributes: Record<string, string>) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const group = make('g', { class: styles.lantern ?? '' }) as SVGGElement;
  group.append(
    make('ellipse', { rx: '5', ry: '6', class: styles.paper ?? '' }),
    make('rect', { x: '-2.6', y: '-7.4', width: '5.2', height: '2', rx: '0.6', class: styles.cap ?? '' }),
    make('rect', { x: '-2.6', y: '5.4', width: '5.2', height: '2', rx: '0.6', class: styles.cap ?? '' }),
  );
  return group;
}

/** Lanterns at the pace of the figures. Drawn by hand, as React would have to think of each of them sixty times a second. */
export function Lanterns({ flows }: { flows: readonly Flow[] }) {
  const layer = useRef<SVGGElement>(null);
  const current = useRef(flows);
  useEffect(() => {
    current.current = flows;
  }, [flows]);
  useEffect(() => {
    const group = layer.current;
    if (!group || window.matchMedia('(prefers-reduced-motion: reduce)').matches) return undefined;
    const measure = document.createElementNS(SVG, 'path');
    const lengths = new Map<string, number>();
    const owed = new Map<string, number>();
    const walking = new Set<{ element: SVGGElement; path: SVGPathElement; length: number; gone: number }>();
    let before = performance.now();
    let frame = 0;
    const step = (now: number) => {
      // A page that was hidden does not make up for what it missed.
      const seconds = Math.min(0.25, (now - before) / 1000);
      before = now;
      for (const flow of due(current.current, owed, seconds, eventsPerLantern(current.current))) {
        if (walking.size >= CROWD) break;
        const path = measure.cloneNode() as SVGPathElement;
        path.setAttribute('d', flow.path);
        const length = lengths.get(flow.path) ?? path.getTotalLength();
        lengths.set(flow.path, length);
        const element = lantern();
        group.append(element);
        walking.add({ element, path, length, gone: 0 });
      }
      for (const one of walking) {
        one.gone += PACE * seconds;
        if (one.gone >= one.length) {
          one.element.remove();
          walking.delete(one);
          continue;
        }
        const { x, y } = one.path.getPointAtLength(one.gone);
        one.element.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      }
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
      group.replaceChildren();
    };
  }, []);
  return <g ref={layer} />;
}
