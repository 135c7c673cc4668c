# A Cluster loses a node: what the others have goes on, the rest is refused
# by name; a Cluster that is down says so; both come back by themselves.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use Time::HiRes qw(sleep time);

my $civic = civic(form => 'cluster', plugins => ['hello'],
    fixtures => ['fault']);
my $store = $civic->redis;

$store->stop_migrating;

# One name for each node.
my %name;
for my $word (map { "word-$_" } 1 .. 200) {
    $name{ $store->_owner("civic:fault:{$word}:a") } //= $word;
}
is(scalar keys %name, 3, 'a name for each node');

sub write_to {
    my ($node) = @_;

    return [ 'POST', '/fault/pair', { name => $name{$node}, value => 'v' } ];
}

sub read_from { return [ 'GET', "/fault/read/$name{$_[0]}" ] }

sub all_well {
    my ($name, $seconds) = @_;
    my $last;

    ok(eval {
        wait_for('the Cluster', $seconds, sub {
            my @answers = ask_all($civic, map { (write_to($_),
                read_from($_)) } 0 .. 2);

            $last = join ' ', map { $_->{status} } @answers;
            return $last eq '201 200 201 200 201 200';
        });
    }, "$name: all nodes serve") or diag($last);
    return;
}

sub node_down {
    my ($name, $down) = @_;
    my @up = grep { $_ != $down } 0 .. 2;

    all_named("$name: what it has", ask_all($civic, write_to($down),
        read_from($down), write_to($down), read_from($down)));
    my @answers = ask_all($civic, map { (write_to($_), read_from($_)) } @up);
    is(join(' ', map { $_->{status} } @answers), '201 200 201 200',
        "$name: what the others have")
        or diag(join "\n", map { $_->{content} } @answers);
    return;
}

all_well('at first', 10);

# "yes" would make the others refuse everything once they agree on it.
$store->command_on($_, qw(CONFIG SET cluster-require-full-coverage no))
    for 0 .. 2;

$store->pause(1);
node_down('a paused node', 1);
$store->resume(1);
all_well('after the pause', 3);

$store->stop(2, 'KILL');
node_down('a killed node', 2);
sleep 3;
node_down('a killed node, known to the others', 2);
$store->run(2);
$store->wait_ready;
all_well('after it was started again', 3);

# CLUSTERDOWN: no node serves while a slot belongs to nobody.
$store->command_on($_, qw(CONFIG SET cluster-require-full-coverage yes))
    for 0 .. 2;
my $slot = $store->command_on(0, qw(CLUSTER KEYSLOT),
    "civic:fault:{$name{0}}:a");
my @empty = grep { $_ != $slot && !@{ $store->command_on(0,
    qw(CLUSTER GETKEYSINSLOT), $_, 1) } } 0 .. 100;
$store->command_on($_, qw(CLUSTER DELSLOTS), $empty[0]) for 0 .. 2;
wait_for('CLUSTERDOWN', 10, sub {
    my $info = $store->command_on(0, qw(CLUSTER INFO));
    return $info =~ /cluster_state:fail/;
});
my @answers = ask_all($civic, map { (write_to($_), read_from($_)) } 0 .. 2);
subtest('CLUSTERDOWN' => sub {
    for my $answer (@answers) {
        next if $answer->{status} =~ /^20/;     # a node that knows it later
        is($answer->{status}, 503, $answer->{request})
            or diag($answer->{content});
        cmp_ok($answer->{seconds}, '<', NAMED_WITHIN, 'in time');
    }
    is($answers[0]{status}, 503, 'the node that says so');
});
$store->command_on(0, qw(CLUSTER ADDSLOTS), $empty[0]);
$store->wait_ready;
all_well('after CLUSTERDOWN', 3);

# All of them at once.
$store->pause($_) for 0 .. 2;
all_named('all nodes silent', ask_all($civic,
    map { (write_to($_), read_from($_)) } 0 .. 2));
$store->resume($_) for 0 .. 2;
all_well('after the silence', 5);
settled($civic, 'after it all');

finish();
