// What other services need to talk to a session, and nothing else: see messages.d.ts.

export const changeConfiguration = { type: 'update', name: 'changeConfiguration' };
export const requestChange = { type: 'signal', name: 'requestChange' };
export const requestStop = { type: 'signal', name: 'requestStop' };
export const vendorEvent = { type: 'signal', name: 'vendorEvent' };
export const session = { type: 'query', name: 'session' };

export const CHANGE_ERRORS = {
  notLive: 'NotLive',
  unprocessable: 'Unprocessable',
  tooMany: 'TooMany',
  unchangeable: 'Unchangeable',
  keyReused: 'KeyReused',
};
