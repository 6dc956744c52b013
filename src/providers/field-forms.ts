import { z } from 'zod';
import { LANGUAGE_TAG, type ConfigurationLimits } from '../domain/configuration-rules.ts';

// The rules are the domain's; what meta() says of them here is for whoever reads the OpenAPI document.

/** 1 to 4294967295. */
const UID_PATTERN = `^(?:${[
  '[1-9]\\d{0,8}',
  '[1-3]\\d{9}',
  '4[01]\\d{8}',
  '42[0-8]\\d{7}',
  '429[0-3]\\d{6}',
  '4294[0-8]\\d{5}',
  '42949[0-5]\\d{4}',
  '429496[0-6]\\d{3}',
  '4294967[01]\\d{2}',
  '42949672[0-8]\\d',
  '429496729[0-5]',
].join('|')})$`;

const uid = z.string().meta({ pattern: UID_PATTERN, description: 'A UID, in decimal.' });
const tag = z.string().meta({ pattern: LANGUAGE_TAG.source });
const keyword = z.string().meta({ minLength: 1, maxLength: 64, pattern: '\\S' });

/** Different members, at least one. */
function distinct(member: z.ZodString, maxItems?: number) {
  const most = maxItems === undefined ? {} : { maxItems };
  return z.array(member).meta({ minItems: 1, ...most, uniqueItems: true });
}

/** A list of UIDs. */
export function uidList(maxItems?: number) {
  return distinct(uid, maxItems);
}

/** The form of each field of a configuration. */
export function fieldForms(limits: ConfigurationLimits) {
  const languages = distinct(tag, limits.languages);
  return {
    languages: languages.meta({
      description: 'The languages spoken, as BCP 47 tags. Two or more turn language detection on.',
      examples: [['en-US', 'es-ES']],
    }),
    subscribeAudioUids: z.array(z.string()).meta({
      description: 'The UIDs to transcribe, or ["all"].',
      anyOf: [
        { const: ['all'] },
        {
          items: { type: 'string', pattern: UID_PATTERN },
          minItems: 1,
          maxItems: limits.subscribeAudioUids,
          uniqueItems: true,
        },
      ],
      examples: [['100', '200']],
    }),
    uidLanguages: z.array(z.strictObject({ uid, languages })).meta({
      description: "Languages of single speakers, instead of the session's; each UID once.",
      maxItems: limits.uidLanguages,
      uniqueItems: true,
    }),
    translation: z
      .array(
        z.strictObject({ source: tag, targets: distinct(tag, limits.translationTargets) }).meta({
          description: 'The source is none of the targets.',
        }),
      )
      .meta({
        description: 'What is translated, and into what; each source once.',
        maxItems: limits.translation,
        uniqueItems: true,
      }),
    keywords: z.array(keyword).meta({
      description: 'Words to listen for.',
      maxItems: limits.keywords,
      uniqueItems: true,
    }),
    replaceAudioUid: z.strictObject({ from: uid, to: uid }).meta({
      description: 'The UID of somebody who came back with another one.',
    }),
    addAudioUids: uidList(limits.subscribeAudioUids).meta({
      description: 'UIDs to transcribe too.',
    }),
    removeAudioUids: uidList().meta({ description: 'UIDs to transcribe no longer.' }),
  };
}
