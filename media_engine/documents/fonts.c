/*
 * fonts.c - see fonts.h.
 *
 * Pango looks for fonts through fontconfig, for each new description and
 * language, on a thread that it makes for that.  A worker may make no thread
 * either.  So the font map is one of a class of our own, derived from cairo's:
 * once all is open it has two lists, regular and bold, whatever is asked for.
 * cairo's class is not public, but its type is an instance's.
 */

#include <fontconfig/fontconfig.h>
#include <glib-object.h>
#include <pango/pangofc-fontmap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fonts.h"

#define FONTS_PATH  512

/* Latin and Chinese of one hand; what it has not, with a bold one; rare
   characters in the forms of the mainland; those that are left of Unicode's
   extensions B to F. */
const char  fonts_usual[] =
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc:"
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:"
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf:"
    "/usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf:"
    "/usr/share/fonts/truetype/hanazono/HanaMinA.ttf:"
    "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf";

/* Of a family that has none: a bold one is made. */
static const char  fonts_rules[] =
    "<fontconfig><match target='font'>"
    "<test name='weight' compare='less_eq'><const>medium</const></test>"
    "<test target='pattern' name='weight' compare='more_eq'>"
    "<const>bold</const></test>"
    "<edit name='embolden' mode='assign'><bool>true</bool></edit>"
    "<edit name='weight' mode='assign'><const>bold</const></edit>"
    "</match></fontconfig>";

/* Lines of all that pango has tables of its own for: Thai's are read from a
   file when the first Thai is met. */
static const char  fonts_sample[] =
    "准考证 · Admission 0123 \xe0\xb8\xaa\xe0\xb8\xa7\xe0\xb8\xb1\xe0\xb8\xaa"
    "\xe0\xb8\x94\xe0\xb8\xb5\xe0\xb8\x8a\xe0\xb8\xb2\xe0\xb8\xa7"
    " \xd8\xa3\xd8\xad\xd9\x85\xd8\xaf \xf0\x9f\x98\x80 \xef\xbf\xbe";

typedef struct {
    FcPattern  *pattern;
    char        name[64];
    PangoFont  *faces[2];               /* regular, bold */
} font_t;

static struct {
    font_t          fonts[FONTS_MOST];
    int             count;
    PangoFontMap   *map;
    PangoFontset   *sets[2];
    int             open;               /* nothing is looked for any more */
    double          ascent;
    double          descent;
    double          dot;
} all;

static PangoFontMapClass  *cairo_class;


/* ---- pango's questions --------------------------------------------------- */

static int
is_bold(const PangoFontDescription *description)
{
    return pango_font_description_get_weight(description)
           >= PANGO_WEIGHT_SEMIBOLD;
}


static PangoFont *
load_font(PangoFontMap *map, PangoContext *context,
    const PangoFontDescription *description)
{
    return all.open ? g_object_ref(all.fonts[0].faces[is_bold(description)])
                    : cairo_class->load_font(map, context, description);
}


static PangoFontset *
load_fontset(PangoFontMap *map, PangoContext *context,
    const PangoFontDescription *description, PangoLanguage *language)
{
    return all.open ? g_object_ref(all.sets[is_bold(description)])
                    : cairo_class->load_fontset(map, context, description,
                                                language);
}


static void
class_init(void *class, void *data)
{
    PangoFontMapClass  *map_class = class;

    (void) data;

    cairo_class = g_type_class_peek_parent(class);
    map_class->load_font = load_font;
    map_class->load_fontset = load_fontset;
}


static PangoFontMap *
new_map(void)
{
    GType          type;
    GTypeQuery     of;
    PangoFontMap  *map;

    map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    g_type_query(G_OBJECT_TYPE(map), &of);
    g_object_unref(map);
    type = g_type_register_static_simple(of.type, "MediaFontMap",
                                         of.class_size, class_init,
                                         of.instance_size, NULL, 0);
    map = g_object_new(type, NULL);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);

    return map;
}


/* ---- opening ------------------------------------------------------------- */

/* Letters keep their shapes and their places at any size: what is measured
   here is what is printed. */
static PangoContext *
new_context(void)
{
    PangoContext          *context = pango_font_map_create_context(all.map);
    cairo_font_options_t  *options = cairo_font_options_create();

    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);

    return context;
}


static int
has_chinese(const FcPattern *pattern)
{
    FcLangSet  *languages;

    return FcPatternGetLangSet(pattern, FC_LANG, 0, &languages)
           == FcResultMatch
           && FcLangSetHasLang(languages, (const FcChar8 *) "zh-cn")
              != FcLangDifferentLang;
}


/* Of a collection's faces that which knows Chinese, else the first; all else
   is taken out. */
static int
add_file(FcConfig *config, const char *path)
{
    int         i, before;
    FcFontSet  *fonts = FcConfigGetFonts(config, FcSetApplication);
    FcPattern  *first;

    before = fonts == NULL ? 0 : fonts->nfont;

    if (access(path, R_OK) != 0
        || !FcConfigAppFontAddFile(config, (const FcChar8 *) path))
    {
        return 0;
    }

    fonts = FcConfigGetFonts(config, FcSetApplication);

    if (fonts == NULL || fonts->nfont == before) {
        return 0;
    }

    for (i = before; i < fonts->nfont; i++) {
        if (has_chinese(fonts->fonts[i])) {
            first = fonts->fonts[before];
            fonts->fonts[before] = fonts->fonts[i];
            fonts->fonts[i] = first;
            break;
        }
    }

    while (fonts->nfont > before + 1) {
        FcPatternDestroy(fonts->fonts[--fonts->nfont]);
    }

    return 1;
}


static void
add_files(FcConfig *config, const char *files)
{
    int          count = 0;
    char         path[FONTS_PATH];
    size_t       len;
    const char  *at;

    for (at = files; *at != '\0' && count < FONTS_MOST; at += len) {
        at += *at == ':';
        len = strcspn(at, ":");

        if (len < sizeof(path)) {
            memcpy(path, at, len);
            path[len] = '\0';
            count += add_file(config, path);
        }
    }
}


static PangoFont *
open_face(PangoContext *context, const FcPattern *pattern, int bold)
{
    PangoFont             *font;
    PangoFontDescription  *description;

    description = pango_fc_font_description_from_pattern((FcPattern *) pattern,
                                                         FALSE);
    pango_font_description_set_absolute_size(description,
                                             FONTS_SIZE * PANGO_SCALE);

    if (bold) {
        pango_font_description_set_weight(description, PANGO_WEIGHT_BOLD);
    }

    font = pango_font_map_load_font(all.map, context, description);
    pango_font_description_free(description);

    return font;
}


/* A file with a bold face of a family that stands before it is that one's:
   fontconfig chose it already. */
static int
is_known(const char *name)
{
    int  i;

    for (i = 0; i < all.count; i++) {
        if (strcmp(all.fonts[i].name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
take_font(PangoContext *context, FcPattern *pattern)
{
    font_t   *font = &all.fonts[all.count];
    FcChar8  *name;

    if (FcPatternGetString(pattern, FC_FAMILY, 0, &name) != FcResultMatch
        || is_known((const char *) name))
    {
        return;
    }

    (void) snprintf(font->name, sizeof(font->name), "%s",
                    (const char *) name);
    font->pattern = pattern;
    font->faces[0] = open_face(context, pattern, 0);
    font->faces[1] = open_face(context, pattern, 1);
    all.count += font->faces[0] != NULL && font->faces[1] != NULL;
}


static void
make_sets(void)
{
    int                  i, bold;
    PangoFontsetSimple  *set;

    for (bold = 0; bold < 2; bold++) {
        set = pango_fontset_simple_new(pango_language_from_string("zh-cn"));

        for (i = 0; i < all.count; i++) {
            pango_fontset_simple_append(set,
                                g_object_ref(all.fonts[i].faces[bold]));
        }

        all.sets[bold] = PANGO_FONTSET(set);
    }
}


/* ---- using everything once ----------------------------------------------- */

/* Its file, its tables, one of its letters, and the box with digits that
   pango has for letters that are none: that has a font of its own. */
static void
use_face(cairo_t *cr, PangoFont *font, const FcPattern *pattern)
{
    FcChar32         page[FC_CHARSET_MAP_SIZE], next, c;
    FcCharSet       *letters;
    cairo_glyph_t    glyph = { .x = 20, .y = 20 };
    PangoRectangle   ink;
    hb_codepoint_t   number = 0;

    if (FcPatternGetCharSet(pattern, FC_CHARSET, 0, &letters)
        != FcResultMatch)
    {
        return;
    }

    for (c = FcCharSetFirstPage(letters, page, &next); c != FC_CHARSET_DONE
         && !FcCharSetHasChar(letters, c); c++)
    {
        continue;
    }

    (void) hb_font_get_nominal_glyph(pango_font_get_hb_font(font), c,
                                     &number);
    glyph.index = number;
    cairo_set_scaled_font(cr, pango_cairo_font_get_scaled_font(
                              (PangoCairoFont *) font));
    cairo_show_glyphs(cr, &glyph, 1);
    pango_font_get_glyph_extents(font, PANGO_GET_UNKNOWN_GLYPH(0xfffe), &ink,
                                 NULL);
    pango_font_metrics_unref(pango_font_get_metrics(font, NULL));
}


static void
use_sample(cairo_t *cr, int bold)
{
    PangoLayout           *layout;
    PangoContext          *context = fonts_context("zh-CN");
    PangoFontDescription  *description = pango_font_description_new();

    pango_font_description_set_weight(description,
                                      bold ? PANGO_WEIGHT_BOLD
                                           : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(description,
                                             FONTS_SIZE * PANGO_SCALE);
    layout = pango_layout_new(context);
    pango_layout_set_font_description(layout, description);
    pango_layout_set_width(layout, 100 * PANGO_SCALE);
    pango_layout_set_text(layout, fonts_sample, -1);
    cairo_move_to(cr, 0, 0);
    pango_cairo_show_layout(cr, layout);
    pango_font_description_free(description);
    g_object_unref(layout);
    g_object_unref(context);
}


static void
measure_first(PangoContext *context)
{
    PangoLayout       *layout = pango_layout_new(context);
    PangoRectangle     logical;
    PangoFontMetrics  *metrics;

    metrics = pango_font_get_metrics(all.fonts[0].faces[0], NULL);
    all.ascent = (double) pango_font_metrics_get_ascent(metrics)
                 / PANGO_SCALE;
    all.descent = (double) pango_font_metrics_get_descent(metrics)
                  / PANGO_SCALE;
    pango_font_metrics_unref(metrics);

    pango_layout_set_text(layout, "\xc2\xb7", -1);
    pango_layout_get_extents(layout, NULL, &logical);
    all.dot = (double) logical.width / PANGO_SCALE;
    g_object_unref(layout);
}


static void
use_all(void)
{
    int               i, bold;
    cairo_t          *cr;
    PangoContext     *context = fonts_context("zh-CN");
    cairo_surface_t  *surface;

    surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 100, 100);
    cr = cairo_create(surface);

    for (bold = 0; bold < 2; bold++) {
        for (i = 0; i < all.count; i++) {
            use_face(cr, all.fonts[i].faces[bold], all.fonts[i].pattern);
        }

        use_sample(cr, bold);
    }

    measure_first(context);
    g_object_unref(context);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
}


/* ---- for all ------------------------------------------------------------- */

static int
open_all(const char *files, char why[FONTS_WHY])
{
    int            i;
    FcConfig      *config = FcConfigCreate();
    FcFontSet     *fonts;
    PangoContext  *context;

    if (config == NULL
        || !FcConfigParseAndLoadFromMemory(config,
                                  (const FcChar8 *) fonts_rules, FcFalse))
    {
        (void) snprintf(why, FONTS_WHY, "fontconfig does not start");
        return -1;
    }

    add_files(config, files);
    fonts = FcConfigGetFonts(config, FcSetApplication);

    if (fonts == NULL || fonts->nfont == 0) {
        FcConfigDestroy(config);
        (void) snprintf(why, FONTS_WHY, "none of the fonts is there: %s",
                        files);
        return -1;
    }

    /* Before anybody else makes one, out of the system's files and caches. */
    (void) FcConfigSetRescanInterval(config, 0);
    FcConfigSetCurrent(config);
    all.map = new_map();
    context = new_context();

    for (i = 0; i < fonts->nfont; i++) {
        take_font(context, fonts->fonts[i]);
    }

    g_object_unref(context);

    if (all.count == 0) {
        (void) snprintf(why, FONTS_WHY, "no font can be used: %s", files);
        return -1;
    }

    make_sets();
    all.open = 1;
    use_all();

    return all.count;
}


/* A thread of pango's, should there be one, gets none of our signals. */
int
fonts_open(const char *files, char why[FONTS_WHY])
{
    int       count;
    sigset_t  every, before;

    (void) sigfillset(&every);
    (void) pthread_sigmask(SIG_SETMASK, &every, &before);
    count = open_all(files, why);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    return count;
}


int
fonts_opened(void)
{
    return all.open;
}


PangoContext *
fonts_context(const char *language)
{
    PangoContext  *context = new_context();

    pango_context_set_language(context, pango_language_from_string(language));

    return context;
}


int
fonts_have(uint32_t c)
{
    int         i;
    FcCharSet  *letters;

    for (i = 0; i < all.count; i++) {
        if (FcPatternGetCharSet(all.fonts[i].pattern, FC_CHARSET, 0, &letters)
            == FcResultMatch && FcCharSetHasChar(letters, c))
        {
            return 1;
        }
    }

    return 0;
}


double
fonts_ascent(void)
{
    return all.ascent;
}


double
fonts_descent(void)
{
    return all.descent;
}


double
fonts_dot(void)
{
    return all.dot;
}


int
fonts_number(PangoFont *font)
{
    int  i;

    for (i = 0; i < all.count; i++) {
        if (all.fonts[i].faces[0] == font || all.fonts[i].faces[1] == font) {
            return i;
        }
    }

    return -1;
}


const char *
fonts_name(int number)
{
    return all.fonts[number].name;
}
