/** Which time the charts are about, kept in the address, and how they are drawn. */
import type { Range } from '@scry/shared/contracts/statistics';
import { setSearch } from '../routing/router.js';
import { useTexts } from '../texts/operating.js';

export type Time = 'live' | Range;
const TIMES: readonly Time[] = ['live', '1h', '24h', '7d'];

/** Reads it from the page's address. */
export function timeIn(search: string): Time {
  const range = new URLSearchParams(search).get('range');
  return TIMES.find((time) => time === range) ?? 'live';
}

interface Props {
  readonly time: Time;
  readonly logarithmic: boolean;
  readonly onLogarithmic: (is: boolean) => void;
}

export function TimeChoice({ time, logarithmic, onLogarithmic }: Props) {
  const t = useTexts();
  return (
    <div class="time-choice">
      <fieldset class="segments">
        <legend class="visually-hidden">{t.operations.time}</legend>
        {TIMES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="time"
              checked={one === time}
              onChange={() => setSearch(one === 'live' ? '' : `?range=${one}`)}
            />
            <span>{t.operations.times[one]}</span>
          </label>
        ))}
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          checked={logarithmic}
          onChange={(event) => onLogarithmic(event.currentTarget.checked)}
        />
        {t.operations.logarithmic}
      </label>
    </div>
  );
}
