/** From an upload to a prediction: what POST and PUT have in common. */
import { isFinished } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Request, Response } from 'express';
import { onceLeft } from '../../http/left.js';
import { Problem } from '../../http/problems.js';
import type { Needs } from '../../http/route.js';
import { sendJson } from '../../http/send-json.js';
import { refuseTarget } from '../../webhooks/address.js';
import { cancel } from '../end/cancel.js';
import { baseUrl, entityTag, present } from '../present.js';
import { type Wait, waitOf } from '../wait/wait-query.js';
import type { Watch } from '../wait/waiters.js';
import { type Accepted, type AcceptNeeds, accept, type CreateRequest } from './accept.js';
import { earlierImage } from './earlier-image.js';
import { checkFields } from './parse.js';
import { describeImage } from './probe.js';
import { uploadReceiver } from './upload.js';

/** Names of the services that creating takes. */
export type CreationNeeds = AcceptNeeds | 'config' | 'imageAddresses' | 'waiters';

/** Looks at what was accepted, or found under the id, before anything is answered; throws a Problem to refuse it. */
export type Judge = (accepted: Accepted, request: CreateRequest) => void;

function answer({ config }: Needs<'config'>, res: Response, prediction: Prediction, wait: Wait): void {
  const base = baseUrl(res.req, config.PUBLIC_URL);
  const done = isFinished(prediction.status);
  res.set('Location', `${base}/v1/predictions/${prediction.id}`);
  res.set('Cache-Control', 'no-store');
  if (wait.preferred) res.set('Preference-Applied', `wait=${wait.seconds}`);
  if (done) res.set('ETag', entityTag(prediction));
  else res.set('Retry-After', '1');
  sendJson(res, done ? 200 : 202, present(prediction, base));
}

/** @returns a function that handles a whole request to predict; `id` is the path's, where it has one */
export function creator(services: Needs<CreationNeeds>, judge: Judge) {
  const { config, models, storage, waiters } = services;
  const receive = uploadReceiver(storage, config.MAX_UPLOAD_BYTES, [
    earlierImage(services),
    services.imageAddresses.substitute,
  ]);

  async function accepted(
    req: Request,
    res: Response,
    watchEnd: (id: string) => void,
    id?: string,
  ): Promise<{ prediction: Prediction; keep: boolean }> {
    const { image, fields } = await receive(req, res);
    try {
      const { idIsChosen, keep, webhook, model, ...checked } = checkFields(req, fields, id);
      const refused = webhook && refuseTarget(webhook, config.WEBHOOK_PRIVATE);
      if (refused) throw new Problem('invalid-request', `webhook: ${refused}.`);
      const request: CreateRequest = {
        ...checked,
        ...(await models.resolve(model, checked.id)),
        asksForVersion: model?.includes('@') ?? false,
        webhook: webhook === null ? null : { url: webhook, baseUrl: baseUrl(req, config.PUBLIC_URL) },
        image: await describeImage(image, config.MAX_PIXELS),
      };
      watchEnd(request.id);
      const found = await accept(services, request, image, idIsChosen);
      judge(found, request);
      return { prediction: found.prediction, keep };
    } finally {
      await image.discard();
    }
  }

  /** Waits for the end as long as the client does. One that goes away takes its prediction along. */
  async function ended(
    { prediction, keep }: { prediction: Prediction; keep: boolean },
    watch: Watch,
    wait: Wait,
    res: Response,
  ): Promise<Prediction> {
    if (isFinished(prediction.status)) return prediction;
    const stopListening = onceLeft(res, () => watch.close());
    const now = await waiters.untilEnded(prediction.id, wait.seconds * 1000, watch, prediction);
    stopListening();
    const left = res.closed && !keep ? await cancel(services, prediction.id) : now;
    return left ?? prediction;
  }

  return async function create(req: Request, res: Response, id?: string): Promise<void> {
    const wait = waitOf(req, undefined, config.MAX_WAIT_S);
    let watch: Watch | undefined;
    // Watched before it is accepted, so that an end that comes at once is not missed.
    const watchEnd = (accepting: string) => {
      if (wait.seconds > 0) watch = waiters.watchEnd(accepting);
    };
    try {
      const found = await accepted(req, res, watchEnd, id);
      answer(services, res, watch ? await ended(found, watch, wait, res) : found.prediction, wait);
    } finally {
      if (watch) waiters.end(watch);
    }
  };
}
