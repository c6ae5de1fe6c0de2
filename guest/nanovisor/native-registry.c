/*
 * Which service is served by what. The bundle's text "applications" has a line each:
 *
 *     NAME application=ENTRY or domain=ENTRY or handler=NAME, smc=FIRST-LAST mmio=BASE+SIZE io=PAGE timer=US budget=US restarts=N guest=read|write
 *     firmware=yes
 *
 * Function identifiers and addresses are hexadecimal, the rest is decimal. A service with neither application nor handler waits for
 * one that is loaded at run time. What a service may do is said here and nowhere else: an image brings no rights of its own.
 */
#include "alarms.h"
#include "bundle.h"
#include "log.h"
#include "nanovisor.h"
#include "native.h"
#include "services.h"

#define REGISTRY "applications"
#define DEFAULT_BUDGET_US 100000UL
#define DEFAULT_RESTARTS 3u
#define NS_PER_US 1000UL

struct application applications[MAX_SERVICES_NATIVE];
unsigned application_count;

struct text {
    const char *at, *end;
};

/* The next word of this line; empty at its end. */
static struct text word(struct text *line)
{
    while (line->at < line->end && *line->at == ' ')
        line->at++;
    struct text found = {line->at, line->at};
    while (found.end < line->end && *found.end != ' ')
        found.end++;
    line->at = found.end;
    return found;
}

/* Whether it starts so; then that is taken off. */
static bool take(struct text *text, const char *prefix)
{
    const char *p = text->at;
    for (; *prefix; prefix++, p++)
        if (p == text->end || *p != *prefix)
            return false;
    text->at = p;
    return true;
}

static bool number(struct text *text, unsigned base, uint64_t *value)
{
    const char *start = text->at;
    *value = 0;
    for (; text->at < text->end; text->at++) {
        const char c = *text->at;
        const unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
        if (digit >= base)
            break;
        if (*value > (~0UL - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    return text->at != start;
}

static bool only_number(struct text text, unsigned base, uint64_t *value)
{
    return number(&text, base, value) && text.at == text.end;
}

static bool two_numbers(struct text text, const char *between, uint64_t *a, uint64_t *b)
{
    return number(&text, 16, a) && take(&text, between) && only_number(text, 16, b);
}

static bool copy(struct text text, char *to, uint64_t room)
{
    const uint64_t length = (uint64_t)(text.end - text.at);
    if (!length || length >= room)
        return false;
    for (uint64_t n = 0; n <= length; n++)
        to[n] = n < length ? text.at[n] : 0;
    return true;
}

static bool microseconds(struct text text, uint64_t *ticks)
{
    uint64_t us;
    if (!only_number(text, 10, &us) || us > ~0UL / NS_PER_US)
        return false;
    *ticks = ticks_of_ns(us * NS_PER_US);
    return *ticks != 0;
}

static bool parse_word(struct application *a, struct text w)
{
    uint64_t value;
    if (take(&w, "application="))
        return copy(w, a->name, sizeof a->name);
    if (take(&w, "domain=")) {
        a->domain = true;
        a->what = "domain";
        return copy(w, a->name, sizeof a->name);
    }
    if (take(&w, "handler="))
        return copy(w, a->name, sizeof a->name) && (a->handler = native_handler_named(a->name)) != 0;
    if (take(&w, "smc="))
        return two_numbers(w, "-", &a->smc_first, &a->smc_last) && a->smc_first && a->smc_first <= a->smc_last;
    if (take(&w, "mmio="))
        return two_numbers(w, "+", &a->mmio, &a->mmio_size) && a->mmio_size && a->mmio_size <= ~a->mmio;
    if (take(&w, "io="))
        return only_number(w, 16, &a->io) && a->io % 4096 == 0;
    if (take(&w, "timer="))
        return microseconds(w, &a->period);
    if (take(&w, "budget="))
        return microseconds(w, &a->budget);
    if (take(&w, "restarts=")) {
        const bool valid = only_number(w, 10, &value) && value < 1000;
        a->restarts = (unsigned)value;
        return valid;
    }
    if (take(&w, "guest=write"))
        return a->guest_read = a->guest_write = w.at == w.end;
    if (take(&w, "guest=read"))
        return a->guest_read = w.at == w.end;
    if (take(&w, "firmware=yes"))
        return a->firmware = w.at == w.end;
    return false;
}

static bool parse_line(struct application *a, struct text line)
{
    if (!copy(word(&line), a->service, sizeof a->service) || application_named(application_service(a->service)))
        return false;
    for (struct text w = word(&line); w.at < w.end; w = word(&line))
        if (!parse_word(a, w))
            return false;
    return true;
}

struct application *application_named(uint64_t service)
{
    for (unsigned n = 0; n < application_count; n++)
        if (application_service(applications[n].service) == service)
            return &applications[n];
    return 0;
}

static void start(struct application *a, const struct bundle *bundle)
{
    const struct bundle_entry *entry = a->name[0] && !a->handler ? bundle_find(bundle, a->name) : 0;
    if (a->handler) {
        log("service %s: handler %s, in the nanovisor", a->service, a->name);
        a->handler(APP_INIT, (const uint64_t[APP_ARGUMENTS]){(uint64_t)(a - applications)}, (uint64_t[APP_RESULTS]){0});
    } else if (entry && entry->kind == (a->domain ? BUNDLE_DOMAIN : BUNDLE_APPLICATION)) {
        a->image = bundle_data(bundle, entry);
        a->image_size = entry->size;
        a->state = APPLICATION_CHANGING;
        application_announce(a);
        application_start(a);
    } else if (a->name[0]) {
        log("service %s: the bundle has no %s %s", a->service, a->what, a->name);
    }
}

static void read_line(struct text line, const struct bundle *bundle, unsigned number_of_line)
{
    struct text copy_of_line = line;
    const struct text first = word(&copy_of_line);
    if (first.at == first.end || *first.at == '#')
        return;
    struct application *a = &applications[application_count];
    if (application_count == MAX_SERVICES_NATIVE) {
        log("the registry of applications has more than %u services", MAX_SERVICES_NATIVE);
        return;
    }
    *a = (struct application){.what = "application", .restarts = DEFAULT_RESTARTS, .budget = ticks_of_ns(DEFAULT_BUDGET_US * NS_PER_US)};
    if (!parse_line(a, line)) {
        log("the registry of applications makes no sense in line %u", number_of_line);
        return;
    }
    application_count++;
    start(a, bundle);
    native_route(a);
}

void native_init(const struct bundle *bundle)
{
    const struct bundle_entry *entry = bundle_find(bundle, REGISTRY);
    services_register(NV_APPLICATION, NV_APPLICATION, BY_HVC, native_control);
    if (!entry || entry->kind != BUNDLE_TEXT)
        return;
    struct text all = {bundle_data(bundle, entry), 0};
    all.end = all.at + entry->size;
    for (unsigned n = 1; all.at < all.end; n++) {
        struct text line = {all.at, all.at};
        while (line.end < all.end && *line.end != '\n')
            line.end++;
        all.at = line.end + 1;
        read_line(line, bundle, n);
    }
}
