import { createHmac } from 'node:crypto';

/** The headers that prove a notification, over the very bytes of its body ("Verify the signature"). */
export function signatureHeaders(
  secret: string,
  body: string,
): Record<'agora-signature' | 'agora-signature-v2', string> {
  return {
    'agora-signature': createHmac('sha1', secret).update(body).digest('hex'),
    'agora-signature-v2': createHmac('sha256', secret).update(body).digest('hex'),
  };
}
