/*
 * bill.h - Alipay's bill of a day or month: a zip of two CSV files in GBK,
 * as public samples show them, and the differences that somebody wants to
 * find in it.
 *
 * Sources of its shape: files that programs of others read or imitate
 * (columns, '#' lines, tabs behind numbers, refunds below zero); line ends,
 * the account's suffix and an empty day's answer are not confirmed.
 */

#ifndef SANDBOX_BILL_H
#define SANDBOX_BILL_H

#include "trade.h"

/* One line of it: money that moved. */
typedef struct {
    const char    *out_trade_no;
    const char    *trade_no;
    const char    *subject;
    const char    *buyer;               /* as it is shown */
    const char    *request;             /* out_request_no */
    civic_msec_t   created_at;
    civic_msec_t   at;
    int64_t        fen;                 /* below 0: a refund */
} sandbox_row_t;

/* A bill while it is written. */
typedef struct sandbox_sheet_s  sandbox_sheet_t;


/* ---- sheet.c: the files ------------------------------------------------ */

/* From and to are texts: "2026年03月09日 00:00:00".  NULL: no memory. */
sandbox_sheet_t *sandbox_sheet_new(const char *account, const char *from,
    const char *to);
void sandbox_sheet_add(civic_request_t *r, sandbox_sheet_t *sheet,
    const sandbox_row_t *row);
void sandbox_sheet_free(sandbox_sheet_t *sheet);

/* The zip, in memory of the request; names begin with this. */
civic_result_t sandbox_sheet_zip(civic_request_t *r, sandbox_sheet_t *sheet,
    const char *name, civic_str_t *zip);


/* ---- bill.c ------------------------------------------------------------ */

extern const civic_field_t  sandbox_bill_query[];
extern const civic_field_t  sandbox_bill_body[];
extern const civic_field_t  sandbox_bill_reply[];

/* alipay.data.dataservice.bill.downloadurl.query */
civic_result_t sandbox_bill_url(sandbox_call_t *call);

/* GET /alipay/downloadBillFile.resource */
civic_result_t sandbox_bill_download(civic_request_t *r);

/* POST /alipay/bills: makes one now, with differences. */
civic_result_t sandbox_bill_make(civic_request_t *r);

#endif
