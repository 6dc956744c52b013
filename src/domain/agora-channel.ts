/** The characters of a channel's name, fewer than 64 of them (agora-token, buildTokenWithUid). */
export const AGORA_CHANNEL = /^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,]{1,63}$/;
