"""The parts of a C header; `c_header` puts a policy's names, sizes and weights in."""

HEAD = """/*
@SAID@
 */
#ifndef ELCD_POLICY_@NAME@_H
#define ELCD_POLICY_@NAME@_H

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { @NAME@_DIMENSION = @D@ };

/* Where the motion ends unless a goal is given; moving it translates the whole field. */
static const float @name@_goal[@D@] = @GOAL@;

/* The sum of a[i] b[i] over n hidden units, n a multiple of @LANES@. */
static inline float @name@_dot(int n, const float *a, const float *b) {
  float part[@LANES@] = {0}, sum = 0;
  for (int i = 0; i < n; i += @LANES@)
    for (int j = 0; j < @LANES@; ++j) part[j] += a[i + j] * b[i + j];
  for (int j = 0; j < @LANES@; ++j) sum += part[j];
  return sum;
}

/* y = b + W x, for W [columns][rows] */
static inline void @name@_layer(int columns, int rows, const float *w, const float *b,
                                const float *x, float *y) {
  for (int j = 0; j < rows; ++j) y[j] = b ? b[j] : 0;
  for (int i = 0; i < columns; ++i)
    for (int j = 0; j < rows; ++j) y[j] += w[i * rows + j] * x[i];
}

/* An affine coupling: b becomes b exp(s) + t, where s (bounded) and t are functions of a. */
static inline void @name@_couple(int condition, int moved, int width, float bound,
                                 const float *w1, const float *b1, const float *w2,
                                 const float *b2, const float *a, float *b, float *slope,
                                 float *factor) {
  @name@_layer(condition, width, w1, b1, a, slope);
  for (int j = 0; j < width; ++j) slope[j] = tanhf(slope[j]);
  for (int k = 0; k < moved; ++k) {
    float r = tanhf((b2[k] + @name@_dot(width, w2 + k * width, slope)) / bound);
    float t = b2[moved + k] + @name@_dot(width, w2 + (moved + k) * width, slope);
    float scale = expf(bound * r);
    factor[2 * k] = b[k] * (1 - r * r);
    factor[2 * k + 1] = 1 / scale;
    b[k] = b[k] * scale + t;
  }
  for (int j = 0; j < width; ++j) slope[j] = 1 - slope[j] * slope[j];
}

/* A tangent of its result becomes one of what it was made of. */
static inline void @name@_couple_back(int condition, int moved, int width, const float *w1,
                                      const float *w2, float *slope, const float *factor,
                                      const float *da, float *db) {
  for (int j = 0; j < width; ++j) {
    float sum = 0;
    for (int i = 0; i < condition; ++i) sum += w1[i * width + j] * da[i];
    slope[j] *= sum;
  }
  for (int k = 0; k < moved; ++k) {
    float ds = @name@_dot(width, w2 + k * width, slope);
    float dt = @name@_dot(width, w2 + (moved + k) * width, slope);
    db[k] = (db[k] - dt) * factor[2 * k + 1] - factor[2 * k] * ds;
  }
}

/* A kink: each coordinate's slope changes smoothly at one point. */
static inline void @name@_bend(const float *kink, float *x, float *slope) {
  for (int i = 0; i < @D@; ++i, kink += 4) {
    float u = (x[i] - kink[0]) / kink[1], root = sqrtf(1 + u * u);
    x[i] = kink[0] + kink[1] * (u * kink[2] + root * kink[3]);
    slope[i] = kink[2] + kink[3] * u / root;
  }
}
"""

VELOCITY = """
/* The velocity [@D@] per second at a position [@D@]; goal [@D@] may be NULL: then @name@_goal. */
static inline void @name@_velocity(const float *position, const float *goal, float *velocity) {
  static const float inward[@D@] = @INWARD@;
  static const float outward[@D@] = @OUTWARD@;
  static const float latent_goal[@D@] = @LATENT@;
  float x[@D@], v[@D@];
  for (int i = 0; i < @D@; ++i) x[i] = (position[i] - (goal ? goal : @name@_goal)[i]) * inward[i];
@FORTH@
  for (int i = 0; i < @D@; ++i) x[i] -= latent_goal[i];
  @name@_field(x, v);
@BACK@
  for (int i = 0; i < @D@; ++i) velocity[i] = v[i] * outward[i];
}
"""

TAIL = """
/* How far the velocities at @CHECKS@ positions are from those of the policy file, as a share of the
 * root mean square: ask once on the computer that will run this, and refuse more than 1e-4. */
static inline float @name@_error(void) {
  static const float rows[] = @CHECKED@;
  float size = 0, off = 0;
  for (int n = 0; n < @CHECKS@; ++n) {
    const float *position = rows + n * 2 * @D@, *expected = position + @D@;
    float velocity[@D@];
    @name@_velocity(position, @name@_goal, velocity);
    for (int i = 0; i < @D@; ++i) {
      size += expected[i] * expected[i];
      off += (velocity[i] - expected[i]) * (velocity[i] - expected[i]);
    }
  }
  return sqrtf(off / size);
}

#ifdef __cplusplus
}
#endif

#endif
"""
