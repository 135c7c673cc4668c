# A worker whose plugins take longer to start than a connection to Redis may:
# its first requests find the store all the same.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $civic = civic(form => 'single', plugins => ['hello'],
    fixtures => [ 'fault start_ms=700' ],
    http => "civic_redis_timeout 500ms;");
my $nginx = $civic->nginx;

for my $round (1 .. 4) {
    my @answers = ask_all($civic, map { [ 'GET', '/fault/read/x' ] } 1 .. 10);

    is(scalar(grep { $_->{status} == 200 } @answers), 10,
        "the first requests of worker $round")
        or diag(map { "$_->{content}\n" } @answers[0 .. 1]);
    $nginx->reload;
}
unlike($nginx->log_text, qr/cannot be reached/, 'nothing in the log of it');

finish();
