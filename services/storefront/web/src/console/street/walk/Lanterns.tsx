import { useEffect, useRef } from 'react';

import type { Nodes } from '../nodes';
import type { Places } from '../place';
import { kindOf, type Step, type Ways } from './steps';
import styles from './walk.module.css';
import { starts, type Way, wayOf } from './ways';

/** Pixels a second. */
const PACE = 260;
const SVG = 'http://www.w3.org/2000/svg';
/** More are never on the map at once; what finds no room is counted. */
const CROWD = 320;

export interface Pointed { step: Step; x: number; y: number }
interface Walker { element: SVGGElement; path: SVGPathElement; length: number; gone: number; step: Step; on: string[] }

function make(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function lantern(step: Step, isBranch: boolean): SVGGElement {
  const group = make('g', { class: `${styles.lantern ?? ''} ${styles[kindOf(step.event_type)] ?? ''} ${isBranch ? (styles.branch ?? '') : ''}`, 'data-order': step.order_id, 'data-step': step.event_type }) as SVGGElement;
  const size = isBranch ? 0.72 : 1;
  const scaled = make('g', { transform: `scale(${size})` });
  scaled.append(
    make('circle', { r: '13', class: styles.touch ?? '' }),
    make('ellipse', { rx: '5', ry: '6', class: styles.paper ?? '' }),
    make('rect', { x: '-2.6', y: '-7.4', width: '5.2', height: '2', rx: '0.6', class: styles.cap ?? '' }),
    make('rect', { x: '-2.6', y: '5.4', width: '5.2', height: '2', rx: '0.6', class: styles.cap ?? '' }),
  );
  group.append(scaled);
  return group;
}

interface Props {
  nodes: Nodes; places: Places; ways: Ways; onSteps: (hear: (steps: readonly Step[]) => void) => () => void;
  point: (pointed: Pointed | null) => void; open: (order: string) => void; leftOut: (count: number) => void;
}

/** Each step of an order as a lantern. Drawn by hand, as React would have to think of each of them sixty times a second. */
export function Lanterns(props: Props) {
  const layer = useRef<SVGGElement>(null);
  const current = useRef(props);
  useEffect(() => {
    current.current = props;
  });
  const { onSteps } = props;
  useEffect(() => {
    const group = layer.current;
    return group ? walk(group, current, onSteps) : undefined;
  }, [onSteps]);
  return <g ref={layer} />;
}

/** Has them walk until ended. */
function walk(group: SVGGElement, current: { current: Props }, onSteps: Props['onSteps']): () => void {
  const measure = document.createElementNS(SVG, 'path');
  const walking = new Map<SVGGElement, Walker>();
  let waiting: { step: Step; way: Way; at: number }[] = [];
  let held: Walker | null = null;
  let before = performance.now();
  let frame = 0;
  let out = 0;

  const send = (step: Step, d: string, on: string[], isBranch: boolean) => {
    if (walking.size >= CROWD) {
      out += 1;
      return;
    }
    const path = measure.cloneNode() as SVGPathElement;
    path.setAttribute('d', d);
    const walker = { element: lantern(step, isBranch), path, length: path.getTotalLength(), gone: 0, step, on };
    group.append(walker.element);
    walking.set(walker.element, walker);
  };
  const advance = (walker: Walker, seconds: number) => {
    walker.gone += PACE * seconds;
    if (walker.gone < walker.length) {
      const { x, y } = walker.path.getPointAtLength(walker.gone);
      walker.element.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      return;
    }
    walker.element.remove();
    walking.delete(walker.element);
    for (const d of walker.on) send(walker.step, d, [], true);
  };
  const tick = (now: number) => {
    // A page that was hidden does not make up for what it missed.
    const seconds = Math.min(0.25, (now - before) / 1000);
    before = now;
    const due = waiting.filter(({ at }) => at <= now);
    waiting = waiting.filter(({ at }) => at > now);
    for (const { step, way } of due) send(step, way.trunk, way.branches, false);
    for (const walker of walking.values()) if (walker !== held) advance(walker, seconds);
    frame = requestAnimationFrame(tick);
  };
  const at = (target: EventTarget | null) => (target instanceof Element ? (walking.get(target.closest('[data-order]') as SVGGElement) ?? null) : null);
  // One that is pointed at stands still, so that it can be read and pressed.
  const over = ({ target }: Event) => {
    held = at(target);
    if (!held) return;
    const { x, y } = held.path.getPointAtLength(held.gone);
    current.current.point({ step: held.step, x, y });
  };
  const leave = () => {
    held = null;
    current.current.point(null);
  };
  const press = ({ target }: Event) => {
    const walker = at(target);
    if (walker) current.current.open(walker.step.order_id);
  };
  group.addEventListener('pointerover', over);
  group.addEventListener('pointerout', leave);
  group.addEventListener('click', press);
  const stop = onSteps((steps) => {
    const { ways, nodes, places, leftOut } = current.current;
    const now = performance.now();
    // What waits already goes first; more than fits is not kept.
    starts(steps.length).forEach((after, n) => {
      const step = steps[n];
      const way = step && wayOf(step, ways, nodes, places);
      if (step && way && waiting.length < CROWD) waiting.push({ step, way, at: now + after });
      else out += 1;
    });
    leftOut(out);
    out = 0;
  });
  frame = requestAnimationFrame(tick);
  return () => {
    stop();
    cancelAnimationFrame(frame);
    group.removeEventListener('pointerover', over);
    group.removeEventListener('pointerout', leave);
    group.removeEventListener('click', press);
    group.replaceChildren();
  };
}
