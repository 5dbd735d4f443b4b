/** One report: the image, what was answered and what was said of it, and what can become of it. */
import { type FeedbackState, type FeedbackView, settleFeedback } from '../client/feedback.js';
import { predictionPath } from '../client/predictions.js';
import { useImageUrl } from '../parts/image-url.js';
import { useNear } from '../parts/use-near.js';
import { pageLink } from '../result/actions.js';
import { Link } from '../routing/router.js';
import { dateTime } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';

interface Props {
  readonly report: FeedbackView;
  /** The data set that it would go into; null: none is chosen. */
  readonly dataset: string | null;
  readonly busy: boolean;
  readonly onSettle: (settling: () => Promise<unknown>) => void;
}

function Said({ report: { answer, label, comment, boxes } }: Pick<Props, 'report'>) {
  const t = useTexts().inbox;
  const right = boxes?.filter(({ correct }) => correct).length ?? 0;
  const renamed = boxes?.filter((box) => box.label !== undefined).length ?? 0;
  const wrong = (boxes?.length ?? 0) - right - renamed;
  return (
    <>
      <strong>
        {answer ?? t.nothing}
        {label !== null && ` → ${label}`}
      </strong>
      {boxes && <span>{t.boxes(right, renamed, wrong)}</span>}
      {comment !== null && <q>{comment}</q>}
    </>
  );
}

export function Report({ report, dataset, busy, onSettle }: Props) {
  const t = useTexts().inbox;
  const { prediction_id: id, state, model, model_version, created_at } = report;
  const { element, near } = useNear<HTMLLIElement>();
  const image = useImageUrl(`${predictionPath(id)}/thumbnail?size=256`, near);
  const settle = (next: FeedbackState) =>
    onSettle(() =>
      settleFeedback(id, { state: next, ...(next === 'accepted' && dataset !== null ? { dataset } : {}) }),
    );
  return (
    <li ref={element} class="report">
      <Link class="report-image" href={pageLink(id)}>
        <span class="visually-hidden">{t.open(id)}</span>
        {image.url && near && <img src={image.url} alt="" decoding="async" />}
      </Link>
      <div class="report-words">
        <Said report={report} />
        <span class="quiet-text">
          {model}@{model_version} · <time dateTime={created_at}>{dateTime(created_at)}</time>
        </span>
      </div>
      <div class="report-actions">
        {state === 'open' ? (
          <>
            <button type="button" disabled={busy || dataset === null} onClick={() => settle('accepted')}>
              {t.accept}
            </button>
            <button type="button" class="quiet" disabled={busy} onClick={() => settle('dismissed')}>
              {t.dismiss}
            </button>
          </>
        ) : (
          <button type="button" class="quiet" disabled={busy} onClick={() => settle('open')}>
            {t.reopen}
          </button>
        )}
      </div>
    </li>
  );
}
