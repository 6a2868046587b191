/* Keeps latencies and tells how they are spread. */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 65536

static void *grown(void *array, size_t count, size_t size)
{
    void *larger = reallocarray(array, count, size);
    if (!larger)
        fail("realloc");
    return larger;
}

/* Keep the latency of what was due in the window. */
void keep_sample(struct samples *samples, int64_t due, int64_t now)
{
    if (due < begin_at || due >= end_at)
        return;
    if (samples->count == samples->room) {
        samples->room = samples->room ? 2 * samples->room : ROOM_AT_FIRST;
        samples->values = grown(samples->values, samples->room, sizeof *samples->values);
        if (settings.trace)
            samples->times = grown(samples->times, samples->room, sizeof *samples->times);
    }
    if (settings.trace)
        samples->times[samples->count] = due;
    samples->values[samples->count++] = (uint32_t)((now - due) / 1000);
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* Sort them, for quantile_ms; afterwards there is no trace any more. */
void sort_samples(struct samples *samples)
{
    if (samples->count)
        qsort(samples->values, samples->count, sizeof *samples->values, ascending);
}

double quantile_ms(const struct samples *samples, double part)
{
    return samples->count ? samples->values[(size_t)(part * (samples->count - 1))] / 1000.0 : 0;
}

/* As pairs: when it was due, in seconds, and how late it came, in ms. */
void print_trace(const struct samples *samples)
{
    printf("{\"event\": \"trace\", \"latencies\": [");
    for (size_t i = 0; i < samples->count; i++)
        printf("%s[%.6f, %.3f]", i ? ", " : "", (double)samples->times[i] / NS_PER_S,
               samples->values[i] / 1000.0);
    printf("]}\n");
}
