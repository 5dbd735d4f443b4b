/** The number that tells older clients where a prediction stands. Without imports: inference threads load it, too. */
export const CODES = {
  unknown: 0,
  predicting: 100,
  done: 200,
  general: 500,
  imageNotSupported: 510,
  resultNotJson: 520,
  imageNotSaved: 530,
  engineNotReady: 550,
  engineVersionNotSupported: 560,
  engineNotSupported: 570,
} as const;
export type Code = (typeof CODES)[keyof typeof CODES];
