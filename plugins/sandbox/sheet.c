/*
 * sheet.c - the files of a bill: what each line looks like, GBK, zip.  Lines
 * are written as they come; recoding and packing is a thread's.
 */

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#include "bill.h"

#define END  "\r\n"

#define DETAIL_COLUMNS                                                        \
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,"     \
    "门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,"            \
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"            \
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"          \
    "退款批次号/请求号,服务费（元）,分润（元）,备注" END

#define SUMMARY_COLUMNS                                                       \
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,"          \
    "商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,"         \
    "服务费（元）,分润（元）,实收净额（元）" END

#define RULE   "#-----------------------------------------"
#define RULED  "----------------------------------------" END

struct sandbox_sheet_s {
    FILE     *detail;
    char     *text[2];                  /* the detail, the summary: UTF-8 */
    size_t    len[2];
    char      head[256];                /* account and dates */
    int64_t   paid;                     /* fen */
    int64_t   refunded;                 /* fen, below 0 */
    unsigned  payments;
    unsigned  refunds;
};


sandbox_sheet_t *
sandbox_sheet_new(const char *account, const char *from, const char *to)
{
    sandbox_sheet_t  *sheet = calloc(1, sizeof(sandbox_sheet_t));

    if (sheet == NULL) {
        return NULL;
    }

    sheet->detail = open_memstream(&sheet->text[0], &sheet->len[0]);

    if (sheet->detail == NULL) {
        free(sheet);
        return NULL;
    }

    snprintf(sheet->head, sizeof(sheet->head),
             "#账号：[%s]" END "#起始日期：[%s]   终止日期：[%s]" END, account,
             from, to);
    fprintf(sheet->detail, "#支付宝业务明细查询" END "%s" RULE "业务明细列表"
            RULED DETAIL_COLUMNS, sheet->head);

    return sheet;
}


void
sandbox_sheet_free(sandbox_sheet_t *sheet)
{
    if (sheet == NULL) {
        return;
    }

    if (sheet->detail != NULL) {
        (void) fclose(sheet->detail);
    }

    free(sheet->text[0]);
    free(sheet->text[1]);
    free(sheet);
}


/* ---- lines ------------------------------------------------------------- */

/* A text that may hold what separates. */
static void
put_text(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }

    fputc('"', out);

    for ( ; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"\"" : (char[]) { *text, '\0' }, out);
    }

    fputc('"', out);
}


void
sandbox_sheet_add(civic_request_t *r, sandbox_sheet_t *sheet,
    const sandbox_row_t *row)
{
    FILE        *out = sheet->detail;
    const char  *fen = sandbox_yuan(r, row->fen);

    fprintf(out, "%s\t,%s\t,%s\t,", row->trade_no, row->out_trade_no,
            row->fen < 0 ? "退款" : "交易");
    put_text(out, row->subject);
    fprintf(out, ",%s,%s,\t,\t,\t,\t,%s\t,%s,%s,0.00,0.00,0.00,0.00,0.00,,"
            "0.00\t,0.00,%s\t,0.00,0.00," END,
            sandbox_clock(r, row->created_at), sandbox_clock(r, row->at),
            row->buyer, fen, fen, row->request);

    if (row->fen < 0) {
        sheet->refunds++;
        sheet->refunded += row->fen;

    } else {
        sheet->payments++;
        sheet->paid += row->fen;
    }
}


/* -1: no memory. */
static int
finish(civic_request_t *r, sandbox_sheet_t *sheet)
{
    int          failed;
    FILE        *out = sheet->detail;
    const char  *now = sandbox_clock(r, civic_business_now(r));
    const char  *rest = sandbox_yuan(r, sheet->paid + sheet->refunded);

    fprintf(out, RULE "业务明细列表结束------------------------------------"
            END "#交易合计：%u笔，商家实收共%s元，商家优惠共0.00元" END
            "#退款合计：%u笔，商家实收退款共%s元，商家优惠退款共0.00元" END
            "#导出时间：[%.4s年%.2s月%.2s日 %s]" END,
            sheet->payments, sandbox_yuan(r, sheet->paid), sheet->refunds,
            sandbox_yuan(r, sheet->refunded), now, now + 5, now + 8,
            now + 11);

    failed = ferror(out);
    sheet->detail = NULL;

    if (fclose(out) != 0 || failed) {
        return -1;
    }

    out = open_memstream(&sheet->text[1], &sheet->len[1]);

    if (out == NULL) {
        return -1;
    }

    fprintf(out, "#支付宝业务汇总查询" END "%s" RULE "业务汇总列表" RULED
            SUMMARY_COLUMNS
            "合计\t,\t,%u,%u,%s,%s,0.00,0.00,0.00,0.00,0.00,%s" END
            RULE "业务汇总列表结束------------------------------------" END
            "#导出时间：[%.4s年%.2s月%.2s日 %s]" END, sheet->head,
            sheet->payments, sheet->refunds, rest, rest, rest, now, now + 5,
            now + 8, now + 11);

    failed = ferror(out);

    return fclose(out) != 0 || failed ? -1 : 0;
}


/* ---- GBK and zip, on a thread ------------------------------------------ */

typedef struct {
    const sandbox_sheet_t  *sheet;
    const char             *names[2];
    char                   *zip;
    size_t                  len;
    int                     rc;
} packing_t;


/* NUL-terminated, for free(); NULL: it cannot be had.  Characters that GBK
   does not have become question marks, as in Alipay's own files. */
static char *
gbk_of(const char *utf8, size_t len, size_t *out_len)
{
    char     *in = (char *) utf8, *out = malloc(len + 1), *at = out;
    size_t    room = len;
    iconv_t   to = iconv_open("GBK//TRANSLIT", "UTF-8");

    if (out == NULL || to == (iconv_t) -1
        || iconv(to, &in, &len, &at, &room) == (size_t) -1)
    {
        free(out);
        out = NULL;

    } else {
        *at = '\0';
        *out_len = (size_t) (at - out);
    }

    if (to != (iconv_t) -1) {
        (void) iconv_close(to);
    }

    return out;
}


static int
add_file(zip_t *zip, const char *name, const char *text, size_t len)
{
    char          *gbk, *gbk_name;
    size_t         gbk_len, name_len;
    zip_source_t  *source = NULL;

    gbk = gbk_of(text, len, &gbk_len);
    gbk_name = gbk_of(name, strlen(name), &name_len);

    if (gbk != NULL && gbk_name != NULL) {
        source = zip_source_buffer(zip, gbk, gbk_len, 1);
    }

    if (source == NULL) {
        free(gbk);
        free(gbk_name);
        return -1;
    }

    if (zip_file_add(zip, gbk_name, source, 0) < 0) {
        zip_source_free(source);
        free(gbk_name);
        return -1;
    }

    free(gbk_name);

    return 0;
}


static void
read_back(packing_t *p, zip_source_t *source)
{
    zip_int64_t  len;

    if (zip_source_open(source) != 0) {
        return;
    }

    if (zip_source_seek(source, 0, SEEK_END) == 0) {
        len = zip_source_tell(source);
        p->zip = len > 0 ? malloc((size_t) len) : NULL;

        if (p->zip != NULL && zip_source_seek(source, 0, SEEK_SET) == 0
            && zip_source_read(source, p->zip, (zip_uint64_t) len) == len)
        {
            p->len = (size_t) len;
            p->rc = 0;
        }
    }

    (void) zip_source_close(source);
}


static void
pack(void *data)
{
    int            i, failed = 0;
    zip_t         *zip;
    packing_t     *p = data;
    zip_error_t    error;
    zip_source_t  *source;

    zip_error_init(&error);
    source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip = source == NULL ? NULL
                         : zip_open_from_source(source, ZIP_TRUNCATE, &error);

    if (zip == NULL) {
        zip_source_free(source);
        zip_error_fini(&error);
        return;
    }

    zip_source_keep(source);

    for (i = 0; i < 2; i++) {
        failed |= add_file(zip, p->names[i], p->sheet->text[i],
                           p->sheet->len[i]);
    }

    if (failed || zip_close(zip) != 0) {
        zip_discard(zip);
    } else {
        read_back(p, source);
    }

    zip_source_free(source);
    zip_error_fini(&error);
}


civic_result_t
sandbox_sheet_zip(civic_request_t *r, sandbox_sheet_t *sheet,
    const char *name, civic_str_t *zip)
{
    char            *bytes;
    packing_t        p = { .sheet = sheet, .rc = -1 };
    civic_result_t   rc;

    if (finish(r, sheet) != 0) {
        return CIVIC_ERROR;
    }

    p.names[0] = civic_print(r, "%s_业务明细.csv", name).data;
    p.names[1] = civic_print(r, "%s_业务明细(汇总).csv", name).data;

    rc = civic_offload(r, CIVIC_THREADS_WORK, pack, &p);

    if (rc == CIVIC_OK && p.rc == 0) {
        bytes = civic_alloc(r, p.len);
        memcpy(bytes, p.zip, p.len);
        *zip = (civic_str_t) { bytes, p.len };

    } else if (rc == CIVIC_OK) {
        civic_log(r, CIVIC_LOG_ERROR, "a bill could not be packed");
        rc = CIVIC_ERROR;
    }

    free(p.zip);

    return rc;
}
