;; The inner loops of a two-pass resize, four or sixteen values at a time. `npm run wasm` makes
;; src/imaging/resample/passes-binary.ts of this; shared/src/imaging/resample/passes.ts is its caller.
;; Sources may be read, and results written, up to 16 bytes beyond their end.
(module
  (memory (import "env" "memory") 1)

  ;; Columns of one row of 8-bit RGB: sums of level × weight, plus half a unit, shifted by $bits and clipped.
  ;; $starts, $lengths: i32 per computed pixel; $weights: i32, $stride bytes per computed pixel.
  (func (export "scaleRgb")
    (param $row i32) (param $starts i32) (param $lengths i32) (param $weights i32) (param $stride i32)
    (param $count i32) (param $to i32) (param $bits i32)
    (local $from i32) (local $tap i32) (local $end i32) (local $last i32) (local $half v128) (local $sum v128)
    (local.set $half (i32x4.splat (i32.shl (i32.const 1) (i32.sub (local.get $bits) (i32.const 1)))))
    (local.set $last (i32.add (local.get $starts) (i32.shl (local.get $count) (i32.const 2))))
    (loop $pixels
      (local.set $from (i32.add (local.get $row) (i32.mul (i32.load (local.get $starts)) (i32.const 3))))
      (local.set $tap (local.get $weights))
      (local.set $end (i32.add (local.get $tap) (i32.shl (i32.load (local.get $lengths)) (i32.const 2))))
      (local.set $sum (local.get $half))
      (loop $taps
        (local.set $sum (i32x4.add (local.get $sum) (i32x4.mul
          (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $from))))
          (v128.load32_splat (local.get $tap)))))
        (local.set $from (i32.add (local.get $from) (i32.const 3)))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $taps (i32.lt_u (local.get $tap) (local.get $end))))
      (local.set $sum (i32x4.shr_s (local.get $sum) (local.get $bits)))
      (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
      (v128.store32_lane 0 (local.get $to) (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (local.set $weights (i32.add (local.get $weights) (local.get $stride)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (br_if $pixels (i32.lt_u (local.get $starts) (local.get $last)))))

  ;; The same in float32: weights are f32, results three f32 each, neither shifted nor clipped.
  (func (export "scaleRgbFloat")
    (param $row i32) (param $starts i32) (param $lengths i32) (param $weights i32) (param $stride i32)
    (param $count i32) (param $to i32)
    (local $from i32) (local $tap i32) (local $end i32) (local $last i32) (local $sum v128)
    (local.set $last (i32.add (local.get $starts) (i32.shl (local.get $count) (i32.const 2))))
    (loop $pixels
      (local.set $from (i32.add (local.get $row) (i32.mul (i32.load (local.get $starts)) (i32.const 3))))
      (local.set $tap (local.get $weights))
      (local.set $end (i32.add (local.get $tap) (i32.shl (i32.load (local.get $lengths)) (i32.const 2))))
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (loop $taps
        (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
          (f32x4.convert_i32x4_u
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero (local.get $from)))))
          (v128.load32_splat (local.get $tap)))))
        (local.set $from (i32.add (local.get $from) (i32.const 3)))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $taps (i32.lt_u (local.get $tap) (local.get $end))))
      (v128.store (local.get $to) (local.get $sum))
      (local.set $to (i32.add (local.get $to) (i32.const 12)))
      (local.set $weights (i32.add (local.get $weights) (local.get $stride)))
      (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (br_if $pixels (i32.lt_u (local.get $starts) (local.get $last)))))

  ;; One computed row of 8-bit values from $count rows: $rows holds their addresses, $weights an i32 for each.
  (func (export "joinRows")
    (param $rows i32) (param $weights i32) (param $count i32) (param $width i32) (param $to i32) (param $bits i32)
    (local $x i32) (local $tap i32) (local $end i32) (local $half v128) (local $weight v128) (local $values v128)
    (local $low v128) (local $high v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $half (i32x4.splat (i32.shl (i32.const 1) (i32.sub (local.get $bits) (i32.const 1)))))
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (loop $columns
      (local.set $a (local.get $half))
      (local.set $b (local.get $half))
      (local.set $c (local.get $half))
      (local.set $d (local.get $half))
      (local.set $tap (i32.const 0))
      (loop $taps
        (local.set $values (v128.load
          (i32.add (i32.load (i32.add (local.get $rows) (local.get $tap))) (local.get $x))))
        (local.set $weight (v128.load32_splat (i32.add (local.get $weights) (local.get $tap))))
        (local.set $low (i16x8.extend_low_i8x16_u (local.get $values)))
        (local.set $high (i16x8.extend_high_i8x16_u (local.get $values)))
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $low)) (local.get $weight))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $low)) (local.get $weight))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $high)) (local.get $weight))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $high)) (local.get $weight))))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $taps (i32.lt_u (local.get $tap) (local.get $end))))
      (v128.store (i32.add (local.get $to) (local.get $x))
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $a) (local.get $bits)) (i32x4.shr_s (local.get $b) (local.get $bits)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $c) (local.get $bits)) (i32x4.shr_s (local.get $d) (local.get $bits)))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $columns (i32.lt_u (local.get $x) (local.get $width)))))

  ;; The same in float32. $width counts bytes.
  (func (export "joinRowsFloat")
    (param $rows i32) (param $weights i32) (param $count i32) (param $width i32) (param $to i32)
    (local $x i32) (local $tap i32) (local $end i32) (local $sum v128)
    (local.set $end (i32.shl (local.get $count) (i32.const 2)))
    (loop $columns
      (local.set $sum (v128.const i32x4 0 0 0 0))
      (local.set $tap (i32.const 0))
      (loop $taps
        (local.set $sum (f32x4.add (local.get $sum) (f32x4.mul
          (v128.load (i32.add (i32.load (i32.add (local.get $rows) (local.get $tap))) (local.get $x)))
          (v128.load32_splat (i32.add (local.get $weights) (local.get $tap))))))
        (local.set $tap (i32.add (local.get $tap) (i32.const 4)))
        (br_if $taps (i32.lt_u (local.get $tap) (local.get $end))))
      (v128.store (i32.add (local.get $to) (local.get $x)) (local.get $sum))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $columns (i32.lt_u (local.get $x) (local.get $width)))))
)
