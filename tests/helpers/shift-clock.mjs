/** Preloaded with --import: this process's wall clock is wrong by SCRY_TEST_CLOCK_SHIFT_MS; timers go on as they are. */
const shift = Number(process.env.SCRY_TEST_CLOCK_SHIFT_MS ?? 0);
const RealDate = globalThis.Date;

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shift;
  }
};
