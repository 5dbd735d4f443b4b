/** What a load is aimed at: anything that takes an image and gives an answer. */
import type { Image } from './images.js';

/** How a client learns of its answer. */
export const MODES = ['poll', 'wait', 'events'] as const;
export type Mode = (typeof MODES)[number];

/** Milliseconds by stage as the server counted them, and what else it told of the work. */
export interface ServerMetrics {
  readonly stages: Readonly<Record<string, number>>;
  readonly batchSize: number | null;
}

export interface TopAnswer {
  readonly className: string;
  readonly confidence: number;
}

/** How one request ended. `refused` is a server that said it has too much to do; `failed` is everything wrong. */
export type Ending =
  | {
      readonly kind: 'answered';
      /** Since the send: the upload was accepted, milliseconds. */
      readonly acceptedMs: number;
      readonly answer: TopAnswer | null;
      readonly metrics: ServerMetrics | null;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Target {
  /**
   * Sends one image and waits for its answer.
   * Never throws for what a server or a network does: that is an ending.
   * @param deadlineMs from now; an answer that takes longer is a failure
   */
  predict(image: Image, model: string, deadlineMs: number): Promise<Ending>;
  close(): Promise<void>;
}
