/** `answer` asks for the NCCO, `event` tells of a call, `recording` that a recording is ready. */
export const WEBHOOK_KINDS = ['answer', 'event', 'recording'] as const;
export type WebhookKind = (typeof WEBHOOK_KINDS)[number];
