# Pages of hundreds of shards and routes are written a few in each turn of the
# loop: nobody waits behind them.

use lib 't/lib';
use Civic::Test;
use Civic::Process;
use Civic::Turns;

use constant {
    TIMES  => 30,
    SHARDS => 32,    # in a turn: ngx_http_civic_jobs_status.c
    SHARE  => 16,    # routes in a turn: ngx_http_civic_console_metrics.c
};

my $key = Civic::Process::folder() . '/one.pem';
system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");

my $turns = Civic::Turns->new;
my $civic = civic($turns->with, workers => 1,
    fixtures => ['collector'], plugins => [ 'login', 'civic',
        'staff', 'sampling', 'exam', 'photo_check',
        "kinship signing_key=$key issuer=city.example" ]);
my $client = $civic->client;

# The fewest turns that a page took, for others have theirs meanwhile; the page.
sub turns_of {
    my ($path) = @_;
    my ($fewest, $answer);

    for (1 .. TIMES) {
        my $before = $turns->count;

        $answer = $client->get("/civic/$path");
        my $took = $turns->count - $before;
        $fewest = $took if !defined $fewest || $took < $fewest;
    }
    return ($fewest, $answer);
}

my ($taken, $answer) = turns_of('status');
my @jobs = @{ $answer->{json}{jobs} };
my $shards = map { @{ $_->{shards} } } @jobs;

cmp_ok($shards, '>', 150, "$shards shards");
is_deeply([ map { [ 0 .. $#{ $_->{shards} } ] } @jobs ],
    [ map { [ map { $_->{shard} } @{ $_->{shards} } ] } @jobs ],
    'all of them, in their order');
cmp_ok($taken, '>', $shards / SHARDS, "in $taken turns");

($taken, $answer) = turns_of('metrics');
my @of = map { my $name = $_;
    [ $answer->{content} =~ /^${name}\{route="([^"]+)"/mg ];
} qw(civic_requests_total civic_problems_total civic_request_seconds_count);
my $routes = @{ $of[0] };

cmp_ok($routes, '>', 60, "$routes routes");
is_deeply($of[2], $of[0], 'each of them is timed');
is_deeply($of[1], [ map { ($_, $_) } @{ $of[0] } ], 'and its problems told');
is_deeply([ sort map { $_->{name} } @jobs ],
    [ sort $answer->{content} =~ /^civic_job_failures\{job="([^"]+)"/mg ],
    'as are the failures of each job');
cmp_ok($taken, '>', 3 * $routes / SHARE, "in $taken turns");


# ---- who leaves ----

use IO::Socket::INET;

for my $page (qw(status metrics)) {
    for (1 .. 10) {
        my $leaving = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $civic->nginx->port) or die $!;
        print {$leaving} "GET /civic/$page HTTP/1.1\r\nHost: localhost\r\n\r\n";
        close $leaving;
    }
    is($client->get("/civic/$page")->{status}, 200, "$page after some left");
}

finish();
