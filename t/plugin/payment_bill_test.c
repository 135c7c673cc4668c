/*
 * payment_bill_test.c - bills as files: made here with libzip and iconv, as
 * Alipay's are; and what is no bill, or lies, changes nothing and says so.
 */

#include <iconv.h>
#include <unistd.h>
#include <zip.h>

#include "payment_world.h"

#define HEAD  "#支付宝业务明细查询\r\n" \
              "支付宝交易号,商户订单号,业务类型,商品名称,完成时间,订单金额（元）," \
              "退款批次号/请求号,备注\r\n"
#define SUMS  "门店编号,交易订单总笔数\r\n1,1\r\n"

static char    bytes[1 << 16];
static size_t  len;


/* ---- making one -------------------------------------------------------- */

static size_t
to_gbk(const char *text, char *out, size_t room)
{
    char     *in = (char *) text, *at = out;
    size_t    left = strlen(text);
    iconv_t   cd = iconv_open("GBK", "UTF-8");

    assert_true(iconv(cd, &in, &left, &at, &room) != (size_t) -1);
    iconv_close(cd);

    return (size_t) (at - out);
}


/* A zip of two files; the second one is the bill. */
static void
pack(const char *text)
{
    char           path[] = "/tmp/civic-bill.XXXXXX";
    char           sums[512], lines[8192];
    zip_t         *archive;
    FILE          *file;
    size_t         n, m;
    int            fd = mkstemp(path);

    assert_true(fd >= 0);
    n = to_gbk(SUMS, sums, sizeof(sums));
    m = to_gbk(text, lines, sizeof(lines));

    archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(archive);
    zip_file_add(archive, "2026_sums.csv",
                 zip_source_buffer(archive, sums, n, 0), 0);
    zip_file_add(archive, "2026_lines.csv",
                 zip_source_buffer(archive, lines, m, 0), 0);
    assert_int_equal(zip_close(archive), 0);

    file = fopen(path, "rb");
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    unlink(path);
}


/* The next day, with that bill at its address. */
static void
serve(void)
{
    alipay_says("done", "10000", "",
                json_pack("{s:s}", "bill_download_url",
                          "https://bills.example/bill?day=1"));
    fake_answer_http(h, &(fake_http_answer_t) {
                            .upstream = "alipay_bill", .body = bytes,
                            .len = len, .content_type = "application/zip" });
    fake_set_clock(h, NOON + 24 * HOUR);
    later(0);
}


static json_t *
differences(void)
{
    fake_reply_t  *rep = get("/payment/differences?date=2026-03-09", office);

    assert_int_equal(rep->status, 200);

    return rep->json;
}


static const char *
paid_order(void)
{
    const char  *id = opened();

    pay(id, "qr");
    assert_true(is_success(notify(notice(trade_of(id, 0), "TRADE_SUCCESS",
                                         "2026A"))));
    run_job("follow");

    return id;
}


/* ---- bills ------------------------------------------------------------- */

static void
test_bill_that_fits(void **state)
{
    char         text[2048];
    const char  *id = paid_order();

    (void) state;

    snprintf(text, sizeof(text), HEAD "2026A\t,%s\t,交易,\"费, 一\","
             "2026-03-09 12:00:00,120.00,,\r\n", trade_of(id, 0));
    pack(text);
    serve();
    run_job("bills");
    assert_true(json_is_true(json_object_get(differences(), "compared")));
    assert_int_equal(json_array_size(json_object_get(differences(),
                                                     "differences")), 0);
    assert_int_equal(fake_counter(h, "differences"), 0);
}


static void
test_bill_that_differs(void **state)
{
    char         text[2048];
    json_t      *found;
    const char  *id = paid_order();

    (void) state;

    snprintf(text, sizeof(text), HEAD
             "2026A\t,%s\t,交易,费,2026-03-09 12:00:00,120.01,,\r\n"
             "2026X,order1,交易,费,2026-03-09 12:00:00,5.00,,\r\n"
             "2026A,%s,退款,费,2026-03-09 12:00:00,-5.00,r1,\r\n",
             trade_of(id, 0), trade_of(id, 0));
    pack(text);
    serve();
    run_job("bills");
    found = json_object_get(differences(), "differences");
    assert_int_equal(json_array_size(found), 3);

    /* the order leads to what is about it, and to nothing else */
    assert_int_equal(fake_redis(h, "HSTRLEN %s difference:2026-03-09:amount:"
                                "in:2026A", key_of("payment"))->integer, 32);
    assert_int_equal(fake_redis(h, "HEXISTS %s difference:2026-03-09:"
                                "not_here:in:2026X", key_of("payment"))
                     ->integer, 0);

    /* each of the three days was given it */
    assert_int_equal(fake_counter(h, "differences"), 9);
    assert_int_equal(fake_log_count(h, "differ in 3 movements"), 3);
    run_job("bills");
    assert_int_equal(fake_counter(h, "differences"), 9);
}


/* Nobody had told us of the money: it is asked about, and taken. */
static void
test_bill_teaches(void **state)
{
    char         text[2048], no[40];
    json_t      *one;
    const char  *id = opened();

    (void) state;

    pay(id, "qr");
    snprintf(no, sizeof(no), "%s", trade_of(id, 0));
    snprintf(text, sizeof(text), HEAD
             "2026A,%s,交易,费,2026-03-09 12:00:00,120.00,,\r\n", no);
    pack(text);
    serve();

    /* one answer for both questions */
    alipay_says("done", "10000", "",
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
                          "bill_download_url",
                          "https://bills.example/bill?day=1",
                          "out_trade_no", no, "trade_status",
                          "TRADE_SUCCESS", "trade_no", "2026A",
                          "total_amount", "120.00", "send_pay_date",
                          "2026-03-09 12:00:00"));
    run_job("bills");
    one = json_array_get(json_object_get(differences(), "differences"), 0);
    assert_string_equal(text_of(one, "kind"), "learned");
    assert_string_equal(state_of(id), "paid");
    assert_int_equal(receipts(), 1);
}


/* What cannot be read compares nothing, and is tried again. */
static void
test_no_bills(void **state)
{
    size_t  i;

    static const char *const  wrong[] = {
        "no columns at all\r\n1,2,3\r\n",
        HEAD "2026A,t,交易\r\n",
        HEAD "2026A,t,交易,费,2026,12x,,\r\n",
        HEAD "2026A,t,捐赠,费,2026,12.00,,\r\n",
        HEAD "2026AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
             "AAAAAAAAA,t,交易,费,2026,12.00,,\r\n",
    };

    (void) state;

    (void) paid_order();

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        pack(wrong[i]);
        serve();
        run_job("bills");
        assert_false(json_is_true(json_object_get(differences(),
                                                  "compared")));
        assert_true(fake_logged(h, "cannot be read"));
    }

    /* cut off, and no zip */
    len /= 2;
    serve();
    run_job("bills");
    strcpy(bytes, "<html>");
    len = 6;
    serve();
    run_job("bills");
    assert_true(fake_logged(h, "it is no zip"));
    assert_false(json_is_true(json_object_get(differences(), "compared")));
    assert_int_equal(fake_counter(h, "differences"), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_bill_that_fits, reset),
        cmocka_unit_test_setup(test_bill_that_differs, reset),
        cmocka_unit_test_setup(test_bill_teaches, reset),
        cmocka_unit_test_setup(test_no_bills, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
