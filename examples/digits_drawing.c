/* Draws handwritten-looking digits: strokes along a few points of each digit's shape, of which each digit has several
 * ways of being written; then wobble, slant, rotation, scale, shift, pen width, ink and noise, all random.
 *
 * Strokes are drawn as distance fields: a pixel's ink follows from its distance to the nearest piece of a stroke, which
 * gives smooth edges without a second pass. */
#include "digits_drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- random numbers: splitmix64, whose every seed gives a good stream ------------------------------------------- */

typedef struct {
  uint64_t state;
} Random;

static uint64_t random_word(Random* random) {
  uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Uniform in [low, high). */
static float uniform(Random* random, float low, float high) {
  return low + (high - low) * (float)(random_word(random) >> 40) * (1.0f / 16777216.0f);
}

/* About normal: the sum of four uniform numbers, without the tails that would throw a stroke off the page. */
static float wobble(Random* random, float deviation) {
  float sum = 0;
  for (int i = 0; i < 4; i++) sum += uniform(random, -1, 1);
  return sum * deviation * 0.8660254f;
}

/* ---- the shapes -------------------------------------------------------------------------------------------------- */

enum { MOST_POINTS = 14, MOST_STROKES = 3, MOST_VARIANTS = 4 };

typedef struct {
  float x, y;
} Point;

/* A stroke runs smoothly through its points (Catmull-Rom), or straight from one to the next. */
typedef struct {
  enum { NONE, CURVED, STRAIGHT, CLOSED } kind;
  int count;
  Point points[MOST_POINTS];
} Stroke;

typedef struct {
  Stroke strokes[MOST_STROKES];
} Shape;

/* Within the unit square, y downwards. */
static const Shape shapes[10][MOST_VARIANTS] = {
    /* 0: round, narrow, and one whose ends cross at the top */
    {{{{CLOSED, 6, {{.5f, 0}, {.13f, .22f}, {.1f, .7f}, {.5f, 1}, {.88f, .72f}, {.87f, .24f}}}}},
     {{{CLOSED, 6, {{.5f, 0}, {.25f, .25f}, {.25f, .75f}, {.5f, 1}, {.75f, .75f}, {.75f, .25f}}}}},
     {{{CURVED,
        8,
        {{.66f, .06f},
         {.35f, .05f},
         {.12f, .4f},
         {.2f, .85f},
         {.55f, 1},
         {.88f, .65f},
         {.8f, .2f},
         {.5f, .02f}}}}}},
    /* 1: a line, with a flag, with flag and foot */
    {{{{STRAIGHT, 2, {{.5f, 0}, {.5f, 1}}}}},
     {{{STRAIGHT, 3, {{.28f, .24f}, {.56f, 0}, {.56f, 1}}}}},
     {{{STRAIGHT, 3, {{.3f, .22f}, {.52f, 0}, {.52f, 1}}}, {STRAIGHT, 2, {{.25f, 1}, {.8f, 1}}}}}},
    /* 2: with a straight foot, with a loop at the left, with a wavy foot */
    {{{{CURVED, 6, {{.12f, .25f}, {.32f, .03f}, {.7f, .04f}, {.82f, .3f}, {.55f, .62f}, {.1f, 1}}},
       {STRAIGHT, 2, {{.1f, 1}, {.9f, 1}}}}},
     {{{CURVED,
        11,
        {{.15f, .22f},
         {.4f, 0},
         {.75f, .1f},
         {.76f, .4f},
         {.45f, .78f},
         {.2f, .98f},
         {.08f, .88f},
         {.2f, .76f},
         {.45f, .88f},
         {.7f, 1},
         {.95f, .92f}}}}},
     {{{CURVED, 7, {{.1f, .2f}, {.45f, 0}, {.82f, .2f}, {.7f, .5f}, {.3f, .8f}, {.12f, .98f}, {.14f, .97f}}},
       {CURVED, 4, {{.12f, .98f}, {.4f, .9f}, {.65f, 1}, {.92f, .94f}}}}}},
    /* 3: two bows, with a flat top, with a small loop in the middle */
    {{{{CURVED, 5, {{.15f, .12f}, {.5f, 0}, {.82f, .2f}, {.68f, .42f}, {.4f, .48f}}},
       {CURVED, 6, {{.4f, .48f}, {.75f, .54f}, {.88f, .76f}, {.65f, .97f}, {.35f, 1}, {.1f, .86f}}}}},
     {{{STRAIGHT, 3, {{.15f, .02f}, {.82f, .02f}, {.45f, .42f}}},
       {CURVED, 6, {{.45f, .42f}, {.75f, .48f}, {.88f, .72f}, {.68f, .96f}, {.38f, 1}, {.1f, .88f}}}}},
     {{{CURVED,
        11,
        {{.18f, .1f},
         {.55f, 0},
         {.8f, .18f},
         {.62f, .4f},
         {.42f, .48f},
         {.38f, .42f},
         {.6f, .47f},
         {.85f, .66f},
         {.75f, .92f},
         {.42f, 1},
         {.12f, .9f}}}}}},
    /* 4: open, closed, and open with a slanted stem */
    {{{{STRAIGHT, 3, {{.25f, 0}, {.12f, .55f}, {.9f, .55f}}}, {STRAIGHT, 2, {{.72f, .08f}, {.68f, 1}}}}},
     {{{STRAIGHT, 4, {{.66f, 1}, {.66f, 0}, {.08f, .68f}, {.95f, .68f}}}}},
     {{{CURVED, 5, {{.2f, .02f}, {.12f, .3f}, {.2f, .52f}, {.5f, .52f}, {.82f, .42f}}},
       {STRAIGHT, 2, {{.85f, 0}, {.6f, 1}}}}}},
    /* 5: bar, neck and belly; in one swing; with an angular belly */
    {{{{STRAIGHT, 3, {{.85f, .02f}, {.25f, .02f}, {.2f, .42f}}},
       {CURVED, 6, {{.2f, .42f}, {.55f, .36f}, {.85f, .58f}, {.8f, .86f}, {.48f, 1}, {.12f, .9f}}}}},
     {{{CURVED,
        9,
        {{.88f, .04f},
         {.5f, .02f},
         {.28f, .12f},
         {.22f, .38f},
         {.5f, .42f},
         {.8f, .6f},
         {.75f, .88f},
         {.42f, 1},
         {.1f, .92f}}}}},
     {{{STRAIGHT, 2, {{.3f, .05f}, {.85f, 0}}},
       {STRAIGHT, 2, {{.3f, .05f}, {.22f, .45f}}},
       {CURVED, 5, {{.22f, .45f}, {.6f, .4f}, {.8f, .68f}, {.55f, .98f}, {.15f, .95f}}}}}},
    /* 6: a bow with a ring, a straight neck, a wide one */
    {{{{CURVED,
        10,
        {{.72f, 0},
         {.38f, .2f},
         {.16f, .6f},
         {.25f, .92f},
         {.55f, 1},
         {.82f, .82f},
         {.76f, .58f},
         {.5f, .48f},
         {.25f, .6f},
         {.19f, .76f}}}}},
     {{{CURVED,
        9,
        {{.45f, 0},
         {.26f, .35f},
         {.2f, .7f},
         {.35f, .97f},
         {.65f, .96f},
         {.8f, .74f},
         {.62f, .54f},
         {.36f, .6f},
         {.22f, .8f}}}}},
     {{{CURVED,
        10,
        {{.85f, .08f},
         {.5f, .04f},
         {.18f, .35f},
         {.1f, .72f},
         {.35f, 1},
         {.75f, .95f},
         {.86f, .68f},
         {.6f, .5f},
         {.3f, .56f},
         {.12f, .76f}}}}}},
    /* 7: plain, with a bar through the stem, with a hook, bent */
    {{{{STRAIGHT, 3, {{.1f, .02f}, {.88f, .02f}, {.38f, 1}}}}},
     {{{STRAIGHT, 3, {{.1f, .05f}, {.88f, .02f}, {.4f, 1}}}, {STRAIGHT, 2, {{.35f, .52f}, {.82f, .48f}}}}},
     {{{STRAIGHT, 4, {{.1f, .2f}, {.12f, .03f}, {.85f, .03f}, {.45f, 1}}}}},
     {{{CURVED, 6, {{.1f, .1f}, {.4f, .06f}, {.86f, .03f}, {.68f, .35f}, {.5f, .7f}, {.46f, 1}}}}}},
    /* 8: in one line, two rings, one line that stays open at the top */
    {{{{CLOSED,
        10,
        {{.5f, 0},
         {.2f, .12f},
         {.22f, .34f},
         {.5f, .47f},
         {.82f, .66f},
         {.78f, .92f},
         {.5f, 1},
         {.2f, .9f},
         {.2f, .66f},
         {.5f, .47f}}}}},
     {{{CLOSED, 4, {{.5f, 0}, {.24f, .22f}, {.5f, .45f}, {.76f, .22f}}},
       {CLOSED, 4, {{.5f, .45f}, {.14f, .73f}, {.5f, 1}, {.86f, .73f}}}}},
     {{{CURVED,
        12,
        {{.8f, .1f},
         {.5f, 0},
         {.2f, .12f},
         {.26f, .34f},
         {.6f, .54f},
         {.82f, .76f},
         {.62f, .98f},
         {.3f, .96f},
         {.18f, .74f},
         {.42f, .5f},
         {.72f, .28f},
         {.84f, .08f}}}}}},
    /* 9: ring and stem, ring and bow, in one swing */
    {{{{CLOSED, 5, {{.56f, 0}, {.22f, .12f}, {.2f, .42f}, {.55f, .5f}, {.78f, .26f}}},
       {STRAIGHT, 2, {{.78f, .1f}, {.74f, 1}}}}},
     {{{CURVED,
        11,
        {{.8f, .22f},
         {.58f, 0},
         {.25f, .08f},
         {.15f, .34f},
         {.4f, .52f},
         {.7f, .42f},
         {.8f, .2f},
         {.82f, .5f},
         {.75f, .82f},
         {.5f, 1},
         {.2f, .92f}}}}},
     {{{CURVED,
        10,
        {{.75f, .08f},
         {.45f, 0},
         {.2f, .18f},
         {.25f, .42f},
         {.5f, .46f},
         {.74f, .28f},
         {.8f, .1f},
         {.72f, .42f},
         {.58f, .75f},
         {.45f, 1}}}}}},
};

static int variants_of(int digit) {
  int count = 0;
  while (count < MOST_VARIANTS && shapes[digit][count].strokes[0].kind != NONE) count++;
  return count;
}

/* ---- from a shape to ink ----------------------------------------------------------------------------------------- */

/* How one digit is written: position = matrix * (point - middle) + centre, in pixels. */
typedef struct {
  float matrix[2][2], centre_x, centre_y;
  float radius; /* of the pen */
  float ink[DIGIT_SIDE][DIGIT_SIDE];
} Page;

/* The ink of a straight piece: full within the pen's radius, fading over about a pixel, the darkest piece wins. */
static void draw_piece(Page* page, Point a, Point b) {
  float reach = page->radius + 1, dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  int left = (int)fmaxf(0, floorf(fminf(a.x, b.x) - reach)),
      right = (int)fminf(DIGIT_SIDE - 1, fmaxf(a.x, b.x) + reach);
  int top = (int)fmaxf(0, floorf(fminf(a.y, b.y) - reach)),
      bottom = (int)fminf(DIGIT_SIDE - 1, fmaxf(a.y, b.y) + reach);
  for (int y = top; y <= bottom; y++)
    for (int x = left; x <= right; x++) {
      float px = (float)x + .5f - a.x, py = (float)y + .5f - a.y;
      float t = length > 0 ? fminf(1, fmaxf(0, (px * dx + py * dy) / length)) : 0;
      float ox = px - t * dx, oy = py - t * dy, distance = sqrtf(ox * ox + oy * oy);
      float ink = fminf(1, fmaxf(0, (page->radius - distance) / 1.2f + .5f));
      page->ink[y][x] = fmaxf(page->ink[y][x], ink);
    }
}

static Point place(const Page* page, Point p) {
  float x = p.x - .5f, y = p.y - .5f;
  Point out = {page->matrix[0][0] * x + page->matrix[0][1] * y + page->centre_x,
               page->matrix[1][0] * x + page->matrix[1][1] * y + page->centre_y};
  return out;
}

/* A point of the curve that runs from b to c, coming from a and going on to d. */
static Point between(Point a, Point b, Point c, Point d, float t) {
  float wa = t * (-.5f + t * (1 - .5f * t)), wb = 1 + t * t * (-2.5f + 1.5f * t);
  float wc = t * (.5f + t * (2 - 1.5f * t)), wd = t * t * (-.5f + .5f * t);
  Point out = {wa * a.x + wb * b.x + wc * c.x + wd * d.x, wa * a.y + wb * b.y + wc * c.y + wd * d.y};
  return out;
}

static void draw_stroke(Page* page, const Stroke* stroke, const Point* points) {
  int n = stroke->count, closed = stroke->kind == CLOSED, pieces = stroke->kind == STRAIGHT ? 1 : 6;
  for (int i = 0; i < n - !closed; i++) {
    Point b = points[i], c = points[(i + 1) % n];
    Point a = closed ? points[(i + n - 1) % n] : points[i > 0 ? i - 1 : 0];
    Point d = closed ? points[(i + 2) % n] : points[i + 2 < n ? i + 2 : n - 1];
    Point from = b;
    for (int k = 1; k <= pieces; k++) {
      Point to = k == pieces ? c : between(a, b, c, d, (float)k / (float)pieces);
      draw_piece(page, place(page, from), place(page, to));
      from = to;
    }
  }
}

static void draw_digit(Random* random, int digit, uint8_t* pixels) {
  Page page;
  memset(&page, 0, sizeof page);
  float width = uniform(random, 9, 17), height = uniform(random, 15, 21);
  float slant = wobble(random, .22f), angle = wobble(random, .13f), c = cosf(angle), s = sinf(angle);
  /* Rotation times slant times scale. The slant moves the top to the right, as most hands do a little. */
  slant += .1f;
  page.matrix[0][0] = c * width, page.matrix[0][1] = (-c * slant - s) * height;
  page.matrix[1][0] = s * width, page.matrix[1][1] = (-s * slant + c) * height;
  page.centre_x = 14 + wobble(random, 1.3f), page.centre_y = 14 + wobble(random, 1.3f);
  page.radius = uniform(random, .7f, 1.9f);

  const Shape* shape = &shapes[digit][random_word(random) % (uint64_t)variants_of(digit)];
  /* Strokes that meet in a shape should still meet after the wobble: a point that was there before keeps its place. */
  Point seen[2 * MOST_STROKES * MOST_POINTS];
  int num_seen = 0;
  for (int i = 0; i < MOST_STROKES && shape->strokes[i].kind != NONE; i++) {
    const Stroke* stroke = &shape->strokes[i];
    Point points[MOST_POINTS];
    for (int k = 0; k < stroke->count; k++) {
      Point p = stroke->points[k];
      int known = 0;
      while (known < num_seen && (seen[2 * known].x != p.x || seen[2 * known].y != p.y)) known++;
      if (known == num_seen) {
        seen[2 * known] = p;
        seen[2 * known + 1].x = p.x + wobble(random, .045f);
        seen[2 * known + 1].y = p.y + wobble(random, .035f);
        num_seen++;
      }
      points[k] = seen[2 * known + 1];
    }
    draw_stroke(&page, stroke, points);
  }

  float strength = uniform(random, 170, 255), noise = uniform(random, 0, 22);
  for (int y = 0; y < DIGIT_SIDE; y++)
    for (int x = 0; x < DIGIT_SIDE; x++) {
      float value = page.ink[y][x] * strength + wobble(random, noise);
      pixels[y * DIGIT_SIDE + x] = (uint8_t)fminf(255, fmaxf(0, value + .5f));
    }
}

size_t digits_count(tl_data_part part) { return part == TL_DATA_TRAIN ? 30000 : 5000; }

void draw_digits(tl_data_part part, uint8_t* images, uint8_t* labels) {
  Random seeds = {part == TL_DATA_TRAIN ? 1 : 2};
  uint64_t base = random_word(&seeds);
  for (size_t i = 0; i < digits_count(part); i++) {
    Random random = {base + i};
    random.state = random_word(&random); /* streams of neighbours must not overlap */
    labels[i] = (uint8_t)(random_word(&random) % 10);
    draw_digit(&random, labels[i], images + i * DIGIT_PIXELS);
  }
}

tl_dataset* drawn(tl_context* c, tl_data_part part) {
  const size_t count = digits_count(part);
  const int64_t sizes[3] = {(int64_t)count, DIGIT_SIDE, DIGIT_SIDE};
  uint8_t *images = malloc(count * DIGIT_PIXELS), *labels = malloc(count);
  if (images && labels) draw_digits(part, images, labels);
  /* The tensors take the memory over; without memory they are NULL, and the context holds the error. */
  tl_tensor* set[2] = {tl_tensor_borrow(c, TL_U8, sizes, 3, images, count * DIGIT_PIXELS, free, images),
                       tl_tensor_borrow(c, TL_U8, sizes, 1, labels, count, free, labels)};
  return tl_dataset_from_tensors(c, set, 2);
}
