#include "simulate/chart.h"

#include <inttypes.h>
#include <string.h>

enum {
    WIDTH = 960,
    HEIGHT = 420,
    LEFT = 84,
    RIGHT = 236,
    TOP = 64,
    BOTTOM = 46,
    TICKS = 5,
    LEGEND_ROW = 20,
    LEGEND_MAX = 16, /* series that find room; more are said to be left out */
    NAME_MAX_CHARS = 26,
};

/* Told apart by people who do not see all colours (Okabe and Ito, darkened for a white ground). */
static const char *const palette[] = {"#0060a8", "#b34700", "#00795c", "#8a4fa3",
                                      "#7a6400", "#a01c4b", "#333333", "#3f7f1f",
                                      "#cc2222", "#5555cc", "#996633", "#007a9e"};

/* ---- text ------------------------------------------------------------------------------------ */

/* XML 1.0 allows no control characters, escaped or not. */
static void put_text(GString *out, const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char_validated(p, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2)
            return;
        if (c < 0x20 || c == 0xfffe || c == 0xffff)
            c = 0xfffd;
        if (c == '<')
            g_string_append(out, "&lt;");
        else if (c == '>')
            g_string_append(out, "&gt;");
        else if (c == '&')
            g_string_append(out, "&amp;");
        else if (c == '"')
            g_string_append(out, "&quot;");
        else
            g_string_append_unichar(out, c);
    }
}

static char *shortened(const char *text)
{
    if (g_utf8_strlen(text, -1) <= NAME_MAX_CHARS)
        return g_strdup(text);
    g_autofree char *start = g_utf8_substring(text, 0, NAME_MAX_CHARS - 1);
    return g_strconcat(start, "\u2026", NULL);
}

/* 12,500 or 1.2M: what fits beside an axis. */
static char *tick_text(const Chart *chart, int64_t value)
{
    double shown = (double)value;
    for (int i = 0; i < chart->decimals; i++)
        shown /= 10;
    char text[32];
    if (shown >= 1e6)
        return g_strconcat(g_ascii_formatd(text, sizeof text, "%.3g", shown / 1e6), "M", NULL);
    if (shown >= 1e4)
        return g_strconcat(g_ascii_formatd(text, sizeof text, "%.3g", shown / 1e3), "k", NULL);
    return g_strdup(g_ascii_formatd(text, sizeof text, "%.10g", shown));
}

/* ---- scales ---------------------------------------------------------------------------------- */

static int64_t highest(const Chart *chart)
{
    int64_t most = 0;
    for (size_t s = 0; s < chart->n_series; s++)
        for (size_t day = 0; day < chart->n_days; day++)
            most = MAX(most, chart->series[s].values[day]);
    return most;
}

/* A round step of which TICKS reach the top. */
static int64_t step_for(int64_t most)
{
    int64_t least = MAX((most + TICKS - 1) / TICKS, 1), power = 1;
    while (power <= least / 10)
        power *= 10;
    static const int64_t rounds[] = {1, 2, 5, 10};
    for (size_t i = 0; i < G_N_ELEMENTS(rounds); i++)
        if (rounds[i] * power >= least)
            return rounds[i] * power;
    return 20 * power;
}

static double x_of(const Chart *chart, size_t day)
{
    double width = WIDTH - LEFT - RIGHT;
    return LEFT + (chart->n_days > 1 ? width * (double)day / (double)(chart->n_days - 1) : 0);
}

static double y_of(int64_t value, int64_t top)
{
    double height = HEIGHT - TOP - BOTTOM;
    return HEIGHT - BOTTOM - height * (double)value / (double)top;
}

static void put_number(GString *out, double value)
{
    char text[32];
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.1f", value));
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void put_head(GString *out, const Chart *chart)
{
    g_string_append_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
        "height=\"%d\" role=\"img\" aria-labelledby=\"title desc\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n<title id=\"title\">",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_text(out, chart->title);
    g_string_append(out, "</title>\n<desc id=\"desc\">");
    put_text(out, chart->description);
    g_string_append_printf(out,
                           "</desc>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n"
                           "<text x=\"%d\" y=\"26\" font-size=\"16\" font-weight=\"bold\">",
                           WIDTH, HEIGHT, 20);
    put_text(out, chart->title);
    g_string_append(out, "</text>\n<text x=\"20\" y=\"46\" fill=\"#555555\">");
    put_text(out, chart->unit);
    g_string_append(out, "</text>\n");
}

static void put_height(GString *out, const Chart *chart, int64_t step, int64_t top)
{
    for (int64_t value = 0; value <= top; value += step) {
        g_autofree char *text = tick_text(chart, value);
        g_string_append_printf(out, "<path d=\"M%d ", LEFT);
        put_number(out, y_of(value, top));
        g_string_append_printf(out, "H%d\" stroke=\"%s\" fill=\"none\"/>\n<text x=\"%d\" y=\"",
                               WIDTH - RIGHT, value == 0 ? "#555555" : "#dddddd", LEFT - 8);
        put_number(out, y_of(value, top) + 4);
        g_string_append_printf(out, "\" text-anchor=\"end\">%s</text>\n", text);
    }
}

/* The first of a month, as many as find room; of a short time its first and last day. */
static void put_days(GString *out, const Chart *chart)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    size_t every = chart->n_days / 30 / 12 + 1, n = 0;
    for (size_t i = 0; i < chart->n_days; i++) {
        int year, month, day;
        date_to_ymd(chart->from + (Date)i, &year, &month, &day);
        bool is_end = chart->n_days < 45 && (i == 0 || i + 1 == chart->n_days);
        bool is_month = chart->n_days >= 45 && day == 1 && n++ % every == 0;
        if (!is_end && !is_month)
            continue;
        g_string_append(out, "<path d=\"M");
        put_number(out, x_of(chart, i));
        g_string_append_printf(out, " %dv5\" stroke=\"#555555\"/>\n<text x=\"", HEIGHT - BOTTOM);
        put_number(out, x_of(chart, i));
        g_string_append_printf(out, "\" y=\"%d\" text-anchor=\"middle\">", HEIGHT - BOTTOM + 19);
        if (is_end)
            g_string_append_printf(out, "%d %s %d", day, months[month - 1], year);
        else
            g_string_append_printf(out, month == 1 || n == 1 ? "%s %d" : "%s", months[month - 1],
                                   year);
        g_string_append(out, "</text>\n");
    }
}

static void put_stroke(GString *out, const ChartSeries *series)
{
    const char *colour = palette[(size_t)series->colour % G_N_ELEMENTS(palette)];
    g_string_append_printf(out, "stroke=\"%s\" stroke-width=\"2\" fill=\"none\"%s", colour,
                           series->dashed ? " stroke-dasharray=\"6 4\"" : "");
}

/* What does not change is one line. */
static void put_line(GString *out, const Chart *chart, const ChartSeries *series, int64_t top)
{
    g_string_append(out, "<path stroke-linejoin=\"round\" ");
    put_stroke(out, series);
    g_string_append(out, " d=\"");
    for (size_t i = 0; i < chart->n_days; i++) {
        bool is_inside = i > 0 && i + 1 < chart->n_days &&
                         series->values[i - 1] == series->values[i] &&
                         series->values[i + 1] == series->values[i];
        if (is_inside)
            continue;
        g_string_append_c(out, i == 0 ? 'M' : 'L');
        put_number(out, x_of(chart, i));
        g_string_append_c(out, ' ');
        put_number(out, y_of(series->values[i], top));
    }
    g_string_append(out, "\"><title>");
    put_text(out, series->name);
    g_string_append(out, "</title></path>\n");
}

static void put_legend(GString *out, const Chart *chart)
{
    int x = WIDTH - RIGHT + 20;
    for (size_t i = 0; i < MIN(chart->n_series, LEGEND_MAX); i++) {
        int y = TOP + 8 + (int)i * LEGEND_ROW;
        g_autofree char *name = shortened(chart->series[i].name);
        g_string_append_printf(out, "<path d=\"M%d %dh26\" ", x, y);
        put_stroke(out, &chart->series[i]);
        g_string_append_printf(out, "/>\n<text x=\"%d\" y=\"%d\">", x + 34, y + 4);
        put_text(out, name);
        g_string_append(out, "</text>\n");
    }
    if (chart->n_series > LEGEND_MAX)
        g_string_append_printf(out, "<text x=\"%d\" y=\"%d\">and %zu more, not drawn</text>\n", x,
                               TOP + 12 + LEGEND_MAX * LEGEND_ROW, chart->n_series - LEGEND_MAX);
}

char *chart_svg(const Chart *chart)
{
    GString *out = g_string_new(NULL);
    int64_t step = step_for(highest(chart));
    int64_t top = MAX((highest(chart) + step - 1) / step, 1) * step;
    put_head(out, chart);
    put_height(out, chart, step, top);
    put_days(out, chart);
    for (size_t i = 0; i < MIN(chart->n_series, LEGEND_MAX); i++)
        put_line(out, chart, &chart->series[i], top);
    put_legend(out, chart);
    g_string_append(out, "</svg>\n");
    return g_string_free(out, FALSE);
}
