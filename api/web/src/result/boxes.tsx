/** Boxes over an image. For the eye and the pointer; the rows beside it say the same to everyone else. */
import type { Box } from '@scry/shared/contracts/prediction';
import { percent } from '../texts/index.js';
import type { Found } from './detection-state.js';
import { hueOf, tone } from './tones.js';

interface Props {
  readonly width: number;
  readonly height: number;
  readonly found: readonly Found[];
  /** Whether every box has its name, or only the one pointed at. */
  readonly labels: boolean;
  readonly active: number | null;
  readonly onActive: (index: number | null) => void;
  readonly onPick: (index: number) => void;
}

const area = ({ bbox }: Found): number => bbox.w * bbox.h;

function place({ cx, cy, w, h }: Box, width: number, height: number) {
  return { x: (cx - w / 2) * width, y: (cy - h / 2) * height, width: w * width, height: h * height };
}

export function Boxes({ width, height, found, labels, active, onActive, onPick }: Props) {
  const current = found.find((one) => one.index === active);
  // Small boxes are drawn last, so that the pointer reaches them inside big ones.
  const ordered = [...found].sort((one, other) => area(other) - area(one));
  return (
    <div class={`boxes${current ? ' some-active' : ''}`} aria-hidden="true">
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: hidden from screen readers, the rows say it */}
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
        {ordered.map((one) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: for the pointer only; the rows are buttons
          <g
            key={one.index}
            class={`box toned${one.index === active ? ' active' : ''}`}
            style={tone(hueOf(one.class_index))}
            onPointerEnter={() => onActive(one.index)}
            onPointerLeave={() => onActive(null)}
            onClick={() => onPick(one.index)}
          >
            <rect class="box-case" {...place(one.bbox, width, height)} />
            <rect class="box-line" {...place(one.bbox, width, height)} />
          </g>
        ))}
      </svg>
      {labels && ordered.map((one) => one !== current && <BoxLabel key={one.index} one={one} />)}
      {current && <BoxLabel one={current} />}
    </div>
  );
}

function BoxLabel({ one }: { readonly one: Found }) {
  const { cx, cy, w, h } = one.bbox;
  const below = cy - h / 2 < 0.08;
  const position = {
    left: `${Math.min(0.8, Math.max(0, cx - w / 2)) * 100}%`,
    top: `${(below ? cy + h / 2 : cy - h / 2) * 100}%`,
  };
  return (
    <span
      class={`box-label toned${below ? ' below' : ''}`}
      style={{ ...position, ...tone(hueOf(one.class_index)) }}
    >
      {one.class_name} {percent(one.confidence, 0)}
    </span>
  );
}
