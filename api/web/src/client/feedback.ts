/** The API's calls about what was said of answers. */
import type { FeedbackState, FeedbackView } from '@scry/shared/contracts/feedback';
import { getJson, sendJson } from './http.js';

export type { FeedbackState, FeedbackView };

export interface FeedbackPage {
  readonly items: readonly FeedbackView[];
  readonly next: string | null;
}

/** One page of what is in a state, newest first. @param cursor `next` of the page before. @throws RequestFailed, AbortError */
export function listFeedback(
  state: FeedbackState,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<FeedbackPage> {
  const query = new URLSearchParams({ state, ...(cursor ? { cursor } : {}) });
  return getJson(`/v1/feedback?${query}`, signal);
}

/** Everything in a state. @throws RequestFailed */
export async function allFeedback(state: FeedbackState): Promise<FeedbackView[]> {
  const all: FeedbackView[] = [];
  let cursor: string | null = null;
  do {
    const page: FeedbackPage = await listFeedback(state, cursor);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

/** Takes it into a data set, dismisses it or opens it again. @throws RequestFailed */
export const settleFeedback = (
  id: string,
  settled: { readonly state: FeedbackState; readonly dataset?: string },
): Promise<FeedbackView> => sendJson('PUT', `/v1/feedback/${encodeURIComponent(id)}`, settled);
