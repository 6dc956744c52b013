import { expect, test } from 'vitest';
import { hostFault } from '../../src/media/hosts.ts';

const PUBLIC = { anyPublic: true, listed: [] };
const LISTED = {
  anyPublic: false,
  listed: ['vonage.com', 'Media.Example.org', 'http://files.internal:8080', 'http://plain'],
};

test.each([
  'https://example.com/a.mp3',
  'https://example.com:8443/a.mp3?token=1',
  'https://93.184.215.14/a.mp3',
])('from any public host, %s may be fetched', (url) => {
  expect(hostFault(url, PUBLIC)).toBeNull();
});

test.each([
  'https://vonage.com/v1/files/1',
  'https://api-us-3.vonage.com/v1/files/1',
  'https://API.VONAGE.COM./v1/files/1',
  'https://media.example.org/',
  'http://files.internal:8080/a.wav',
  'http://plain/a.wav',
  'http://plain:80/a.wav',
])('of the listed hosts, %s may be fetched', (url) => {
  expect(hostFault(url, LISTED)).toBeNull();
});

test.each([
  ['https://evilvonage.com/', 'evilvonage.com is none of the hosts'],
  ['https://vonage.com.evil.example/', 'vonage.com.evil.example is none of the hosts'],
  ['https://files.internal:8080/', 'files.internal is none of the hosts'],
  ['https://example.org/', 'example.org is none of the hosts'],
  ['http://vonage.com/', 'by https only'],
  ['http://files.internal/', 'by https only'],
  ['http://files.internal:8081/', 'by https only'],
  ['http://sub.files.internal:8080/', 'by https only'],
  ['ftp://vonage.com/', 'by https only'],
  ['file:///etc/passwd', 'by https only'],
  ['https://user@vonage.com/', 'holds credentials'],
  ['https://:secret@vonage.com/', 'holds credentials'],
  ['http://user:secret@files.internal:8080/', 'holds credentials'],
  ['https://vonage.com@evil.example/', 'holds credentials'],
  ['/v1/files/1', 'not a URL'],
  ['', 'not a URL'],
])('of the listed hosts, %s may not be fetched', (url, why) => {
  const fault = hostFault(`${url}?token=hidden`, LISTED);
  expect(fault).toContain(why);
  expect(fault).not.toContain('hidden');
  expect(fault).not.toContain('secret');
});

test('without any host, none may be fetched from', () => {
  expect(hostFault('https://vonage.com/', { anyPublic: false, listed: [] })).not.toBeNull();
  expect(hostFault('https://vonage.com/', { anyPublic: false, listed: [''] })).not.toBeNull();
});
