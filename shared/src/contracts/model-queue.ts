/**
 * Whether predictions of a model are accepted and answered, as an operator says.
 *
 *     running ⇄ paused      accepted, and they wait
 *        ⇅        ⇅
 *     draining              refused; those that wait are answered
 */
import { z } from 'zod';

export const QUEUE_STATES = ['running', 'paused', 'draining'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

export const queueStateSchema = z
  .enum(QUEUE_STATES)
  .describe(
    'running: predictions are accepted and answered; paused: they are accepted and wait; draining: no more are accepted, and those that wait are answered.',
  );
