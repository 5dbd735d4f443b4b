/** Which share of a model's traffic a version gets, in percent. */
import { useId } from 'preact/hooks';
import { percent } from '../texts/models.js';

interface Props {
  readonly label: string;
  readonly min: number;
  readonly share: number;
  readonly onShare: (share: number) => void;
}

export function ShareSlider({ label, min, share, onShare }: Props) {
  const id = useId();
  return (
    <label class="slider" htmlFor={id}>
      <span>{label}</span>
      <input
        id={id}
        type="range"
        min={min}
        max="100"
        value={share}
        onInput={(event) => onShare(Number(event.currentTarget.value))}
      />
      <output>{percent(share / 100, 0)}</output>
    </label>
  );
}
