# The sandbox' bills, through nginx, read by Python's zipfile, GBK and csv: as
# much as was paid and went back, and what was made different on demand.

use lib 't/lib';
use Civic::Test;

use JSON::PP ();

use Civic::Sandbox;

my $folder = Civic::Process::folder();
my $sandbox = Civic::Sandbox->new($folder);
my $civic = civic(plugins => [ 'hello', $sandbox->plugin ], workers => 1,
    allow => qr/"sandbox" is for "civic_environment sandbox" alone/);
my $client = $civic->client;
my $json = JSON::PP->new->utf8->canonical;
my $bill_method = 'alipay.data.dataservice.bill.downloadurl.query';

sub call {
    my ($method, %business) = @_;
    my ($node) = $sandbox->call($client, $method,
        biz_content => $json->encode(\%business));

    return $node || {};
}

sub paid {
    my ($number, %more) = @_;
    my $made = call('alipay.trade.create', out_trade_no => $number,
        total_amount => '88.00', subject => '报名费', product_code =>
        'JSAPI_PAY', op_app_id => Civic::Sandbox::APP,
        buyer_open_id => 'open-zhang', %more);

    is($sandbox->pay($client, $made->{trade_no}, 'zhang')->{result_code},
        '9000', "$number is paid");
    return $made->{trade_no};
}

sub set_clock {
    my ($time) = @_;
    my ($status, $said) = $civic->nginx->civicctl('clock', 'set', $time,
        '--hold');

    is($status, 0, "the clock: $time") or diag($said);
    Civic::Process::wait_for('the clock', 5, sub {
        $client->get('/hello/greeting')->{json}{at} eq $time });
    return;
}

# [ { name, lines => [[ column ...] ...], raw } ... ]
my $reader = <<'PYTHON';
import csv, io, json, sys, zipfile
files = []
with zipfile.ZipFile(sys.argv[1]) as bill:
    assert bill.testzip() is None
    for info in bill.infolist():
        text = bill.read(info).decode('gbk')
        name = info.filename
        if not info.flag_bits & 0x800:
            name = name.encode('cp437').decode('gbk')
        files.append({'name': name, 'lines': list(csv.reader(io.StringIO(text)))})
print(json.dumps(files))
PYTHON

sub bill {
    my ($date) = @_;
    my $url = call($bill_method, bill_type => 'trade', bill_date => $date)
        ->{bill_download_url} // '';
    my $answer = $client->get($url =~ s{^http://[^/]+}{}r);

    is($answer->{status}, 200, "the bill of $date") or return ([], []);
    is($answer->{headers}{'content-type'}, 'application/zip', 'is a zip');
    $sandbox->put('bill.zip', $answer->{content});
    $sandbox->put('read.py', $reader);
    my $said = `python3 '$folder/read.py' '$folder/bill.zip'`;
    is($?, 0, 'that Python can read');
    return @{ $json->decode($said) };
}

# "number kind amount request" of its lines, sorted.
sub money {
    my ($detail) = @_;

    return sort map { join ' ', map { s/\t//r } @$_[ 1, 2, 11, 21 ] }
        grep { @$_ == 25 && $_->[0] =~ /^\d/ } @{ $detail->{lines} };
}

sub wish {
    my ($date, $differences, %more) = @_;

    return $client->post('/sandbox/alipay/bills', json => {
        bill_date => $date, differences => $differences, %more });
}


# ---- a day ----

set_clock('2026-03-09T10:30:00+08:00');
my $no = paid('b1', subject => '报名费，A,B "双"');
paid("b$_") for 2 .. 4;
call('alipay.trade.refund', out_trade_no => 'b2', refund_amount => '8.00',
    out_request_no => 'r1');
call('alipay.trade.refund', out_trade_no => 'b2', refund_amount => '80.00',
    out_request_no => 'r2');
call('alipay.trade.precreate', out_trade_no => 'b5', total_amount => '1.00',
    subject => 'x');

sub none {
    my ($date, $why) = @_;

    is(call($bill_method, bill_type => 'trade', bill_date => $date)
        ->{sub_code}, 'BILL_NOT_EXIST', $why);
    return;
}
none('2026-03-09', 'there is none today');
is(call($bill_method, bill_type => 'trade', bill_date => $_)->{sub_code},
    'INVAILID_ARGUMENTS', "\"$_\"") for '', '2026-02-30', '20260309', 'x';
is(call($bill_method, bill_date => '2026-03-09')->{sub_code},
    'INVAILID_ARGUMENTS', 'no type');
set_clock('2026-03-10T08:59:59+08:00');
none('2026-03-09', 'nor at night');
paid('c1');
set_clock('2026-03-10T09:00:00+08:00');
none('2026-03-08', 'nor of a day without money');

my ($detail, $summary) = bill('2026-03-09');
is($detail->{name}, '20880000000099990156_20260309_业务明细.csv', 'a file');
is($summary->{name}, '20880000000099990156_20260309_业务明细(汇总).csv',
    'another');
my @lines = @{ $detail->{lines} };
is($lines[0][0], '#支付宝业务明细查询', 'what it is');
is($lines[1][0], '#账号：[20880000000099990156]', 'of whom');
is($lines[2][0], '#起始日期：[2026年03月09日 00:00:00]   '
    . '终止日期：[2026年03月10日 00:00:00]', 'of when');
is($lines[3][0], '#-----------------------------------------业务明细列表'
    . '----------------------------------------', 'where it begins');
is_deeply($lines[4], [ qw(支付宝交易号 商户订单号 业务类型 商品名称 创建时间
    完成时间 门店编号 门店名称 操作员 终端号 对方账户 订单金额（元）
    商家实收（元） 支付宝红包（元） 集分宝（元） 支付宝优惠（元） 商家优惠（元）
    券核销金额（元） 券名称 商家红包消费金额（元） 卡消费金额（元）
    退款批次号/请求号 服务费（元） 分润（元） 备注) ], 'its columns');
my ($first) = grep { ($_->[1] // '') eq "b1\t" } @lines;
is_deeply($first, [ "$no\t", "b1\t", "交易\t", '报名费，A,B "双"',
    '2026-03-09 10:30:00', '2026-03-09 10:30:00', ("\t") x 4,
    "208******01\t", '88.00', '88.00', ('0.00') x 5, '', "0.00\t", '0.00',
    "\t", '0.00', '0.00', '' ], 'a line');
my @right = ('b1 交易 88.00 ', 'b2 交易 88.00 ', 'b2 退款 -8.00 r1',
    'b2 退款 -80.00 r2', 'b3 交易 88.00 ', 'b4 交易 88.00 ');
is_deeply([ money($detail) ], \@right, 'all that moved, and no more');
like(join("\n", map { join '，', @$_ } @lines),
    qr/#交易合计：4笔，商家实收共352\.00元.*#退款合计：2笔，商家实收退款共-88\.00元/s,
    'sums');
my ($sum) = grep { $_->[0] eq "合计\t" } @{ $summary->{lines} };
is("@$sum[ 2, 3, 4, 11 ]", '4 2 264.00 264.00', 'the summary');
is((grep { @$_ == 12 } @{ $summary->{lines} })[0][11], '实收净额（元）',
    'has its columns');


# ---- differences ----

my $wished = wish('2026-03-09', [ { kind => 'trade_missing' },
    { kind => 'amount', out_trade_no => 'b3' }, { kind => 'refund_missing' },
    { kind => 'trade_extra' } ], seed => 7)->{json}{differences};
is(scalar(@$wished), 4, 'four differences');
my %told = map { $_->{kind} => $_ } @$wished;
is("@{ $told{amount} }{qw(out_trade_no fen bill_fen)}", 'b3 8800 8801',
    'an amount, of the trade that was wished');
($detail) = bill('2026-03-09');
my %expected = map { $_ => 1 } @right;
delete $expected{"$told{trade_missing}{out_trade_no} 交易 88.00 "};
delete $expected{'b3 交易 88.00 '};
$expected{'b3 交易 88.01 '} = 1;
my $gone = $told{refund_missing};
delete $expected{ "$gone->{out_trade_no} 退款 "
    . sprintf('%.2f', $gone->{fen} / 100) . " $gone->{request}" };
$expected{"$told{trade_extra}{out_trade_no} 交易 88.00 "} = 1;
is_deeply([ money($detail) ], [ sort keys %expected ],
    'the bill has exactly these');
is(scalar(keys %expected), 5, 'and they do differ');
is_deeply(wish('2026-03-09', [ { kind => 'trade_missing' },
    { kind => 'amount', out_trade_no => 'b3' }, { kind => 'refund_missing' },
    { kind => 'trade_extra' } ], seed => 7)->{json}{differences}, $wished,
    'the same seed, the same differences');
is_problem(wish('2026-03-09', [ { kind => 'refund_missing',
    out_trade_no => 'b1' } ]), 409, 'sandbox_no_bill',
    'what went not back cannot be missing');
is_problem(wish('2026-3-9', []), 409, 'sandbox_no_bill', 'no date');
is(wish('2026-03-09', [])->{status}, 200, 'without differences');
($detail) = bill('2026-03-09');
is_deeply([ money($detail) ], \@right, 'it is right again');


# ---- today's, a month's, and no longer than it works ----

is(wish('2026-03-10', [])->{status}, 200, "today's, on demand");
($detail) = bill('2026-03-10');
is_deeply([ money($detail) ], ['c1 交易 88.00 '], 'so far');
none('2026-03', "no month's before the month is over");
set_clock('2026-04-03T09:00:00+08:00');
($detail) = bill('2026-03');
is(scalar(my @all = money($detail)), 7, 'then all of it');

my $url = call($bill_method, bill_type => 'trade', bill_date => '2026-03-09')
    ->{bill_download_url};
like($url, qr{^http://[^/]+/sandbox/alipay/downloadBillFile\.resource\?}, 'a URL');
my $path = $url =~ s{^http://[^/]+}{}r;
my ($id) = $url =~ /fileId=(\w+)/;
my $life = $civic->redis->command('PTTL', "civic:sandbox:bill_file:$id");
ok($life > 20_000 && $life <= 30_000, 'works for half a minute');
is($client->get($path =~ s/fileId=\w/fileId=x/r)->{status}, 404,
    'another is none');

finish();
