/** Webhooks as the rest of the API sees them: put together once, with the secret that signs them. */
import { randomBytes } from 'node:crypto';
import type { Database } from '@scry/shared/database/database';
import { ensureSecret } from '@scry/shared/database/secrets';
import { WebhookStore } from '@scry/shared/database/webhooks';
import type { Config } from '@scry/shared/runtime/config';
import { type DelivererOptions, WebhookDeliverer } from './deliverer.js';
import { WebhookSender } from './send.js';

/** 24 to 64 bytes are what Standard Webhooks asks for. */
const SECRET_BYTES = 32;

export interface Webhooks {
  readonly deliverer: WebhookDeliverer;
  /** What receivers check signatures with. */
  readonly secret: string;
}

/** Makes the deliverer; without WEBHOOK_SECRET with a secret that is made once and kept in the database. */
export async function openWebhooks(
  config: Pick<Config, 'WEBHOOK_SECRET' | 'WEBHOOK_PRIVATE'>,
  database: Database,
  parts: Omit<DelivererOptions, 'webhooks' | 'sender'>,
): Promise<Webhooks> {
  const candidate = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  const secret = config.WEBHOOK_SECRET ?? (await ensureSecret(database, 'webhook', candidate));
  const sender = new WebhookSender(secret, config.WEBHOOK_PRIVATE);
  const deliverer = new WebhookDeliverer({ ...parts, webhooks: new WebhookStore(database), sender });
  return { deliverer, secret };
}
