# "civicctl doctor" names the very file that workers cannot read; whoever asks
# civicctl for help gets it as a result, not as a complaint.

use POSIX ();
use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['hello']);
my $nginx = $civic->nginx;
my $rules = $nginx->rules;

my ($status, $said) = $nginx->civicctl('doctor');
like($said, qr/rules: user "\S+" can read \Q$rules\E\n/, 'rules can be read');

# ---- the audit trail -------------------------------------------------------

my $audit = $nginx->folder . '/audit';

like($said, qr/ok.*audit trail: user "\S+" can write \Q$audit\E\n/,
    'the trail can be written') if $> == 0;
like($said, qr/audit trail: \S+ GB free/, 'and has room');
like($said, qr{warn.*plugin "civic" is not loaded, and there is civic_audit},
    'but nobody moves entries there');
unlike($said, qr/client_max_body_size/, 'bodies are small enough');
unlike($said, qr/epoll_events/, 'turns of the loop are short');
my %grades = (problem => scalar(() = $said =~ /^\[FAIL\]/mg),
    warning => scalar(() = $said =~ /^\[warn\]/mg));
like($said, qr/^$grades{problem} problems?, $grades{warning} warnings?$/m,
    'as many as there are');

SKIP: {
    skip 'root alone can ask for another user', 4
        if $> != 0 || Civic::Nginx::asan();

    my @stat = stat $audit;
    chown 0, 0, $audit;
    chmod 0755, $audit;
    my ($failed, $why) = $nginx->civicctl('doctor');
    chown @stat[4, 5], $audit;
    chmod 0700, $audit;
    is($failed, 1, 'a trail that is root\'s is a problem');
    like($why, qr/FAIL.*audit trail: user "\S+" cannot write \Q$audit\E: Perm/,
        'and is named');
    like($why, qr/warn.*audit trail: \Q$audit\E has mode 0755, expected 0700/,
        'so is its mode');
    is_deeply([ glob "$audit/.probe*" ], [], 'what is tried leaves nothing');
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 2
        if Civic::Nginx::asan();

    rename $audit, "$audit-away" or die $!;
    system 'touch', $audit;
    my ($failed, $why) = $nginx->civicctl('doctor');
    is($failed, 1, 'a file in its place is a problem');
    like($why, qr/FAIL.*audit trail: \Q$audit\E is no folder/, 'and is named');
    unlink $audit;
    rename "$audit-away", $audit or die $!;
}

my $before = $nginx->civic_directives;
my $plugins = $nginx->plugins;

sub with {
    my ($civic, $http) = @_;

    $nginx->write_conf(civic => $civic, http => $http // '');
    my (undef, $text) = $nginx->civicctl('doctor');
    delete $nginx->{civic};
    $nginx->write_conf(http => '');
    return $text;
}

unlike(with("$before civic_plugin $plugins/civic.so;"), qr/is not loaded/,
    'with the plugin civic, somebody moves entries');
my $bare = $before =~ s/^civic_(?:audit|blobs).*$//mgr;
unlike(with($bare), qr/is not loaded/, 'without folders it is not needed');
like(with("$before civic_plugin $plugins/kinship.so;"),
    qr/warn.*kinship: there is no match_upstream, so .* are not compared/,
    'names of relatives that nobody compares');
my $matched = with("$before civic_plugin $plugins/kinship.so "
    . 'match_upstream=register;');
unlike($matched, qr/are not compared/, 'that somebody does');
like($matched, qr/FAIL.*kinship: match_upstream names the upstream "register"/,
    'but where is not said');
my $staff = "civic_plugin $plugins/staff.so;";
like(with("$bare$staff"), qr/"civic" is not loaded, and there is "staff"/,
    'but for staff');
like(with("$bare$staff"), qr/audit trail: no civic_audit/,
    'who want a trail, too');

# ---- turns of the loop -----------------------------------------------------

sub with_events {
    my ($events) = @_;

    $nginx->write_conf;
    system('sed', '-i', "s/epoll_events 8;/$events/", $nginx->conf) == 0 or die 'sed';
    my (undef, $text) = $nginx->civicctl('doctor');
    $nginx->write_conf;
    return $text;
}

like(with_events(''), qr/warn.*epoll_events 512: .* set epoll_events 8/,
    "nginx's own are long");
like(with_events('epoll_events 33;'), qr/warn.*epoll_events 33: /, 'so are these');
unlike(with_events('epoll_events 32;'), qr/epoll_events/, 'and these are not');

# ---- working days ----------------------------------------------------------

my $review = "$before civic_plugin $plugins/exam.so; "
    . "civic_plugin $plugins/review.so;";
unlike(with($review), qr/working days/,
    'each day is worked: nobody needs a calendar');

# A file's, and what it becomes.
sub content {
    my ($path, $new) = @_;
    open my $file, defined $new ? '>' : '<', $path or die "$path: $!";

    print {$file} $new if defined $new;
    my $text = defined $new ? undef : do { local $/; <$file> };
    close $file or die "$path: $!";
    return $text;
}

# With the rules of review edited as they are by hand.
sub with_days {
    my ($years) = @_;
    my $text = content("$rules/review.lua");

    (my $other = $text) =~ s/^rules\.mode = .*/rules.mode = "workdays"/m;
    $other =~ s/^rules\.calendar = \{.*?^\}/rules.calendar = { $years }/ms;
    $other =~ s/^rules\.examples = /rules.tried = /m;
    content("$rules/review.lua", $other);
    my $said = with($review);
    content("$rules/review.lua", $text);
    return $said;
}

sub year { return "[$_[0]] = { off = {}, worked = {} }," }

my $year = (gmtime(time + 8 * 3600))[5] + 1900;
like(with_days(''), qr/warn.*working days: .* does not have this year/,
    'no calendar');
like(with_days(year($year + 1)), qr/warn.*does not have this year/,
    'one of another year');
like(with_days(year($year) . year($year + 1)),
    qr/^\[ ok \] working days: known until @{[$year + 1]}-12-31$/m,
    'one that lasts');

# By the day on which this is run the year's end is near, or it is not.
my $left = int((POSIX::mktime(0, 0, 0, 31, 11, $year - 1900)
    - POSIX::mktime(0, 0, 0, (gmtime(time + 8 * 3600))[3, 4, 5])) / 86400
    + 0.5);
like(with_days(year($year)), $left < 60
    ? qr/warn.*known until $year-12-31, for $left more days; add next year/
    : qr/ ok .*known until $year-12-31$/m, 'one that ends with the year');
like(with_days('what?'), qr/warn.*working days: the rules cannot be asked: /,
    'a file that is none');

# ---- nginx's own bound -----------------------------------------------------

my $large = $before . 'civic_plugin ' . Civic::Nginx::build()
    . '/t/plugin/fixtures/files.so;';
like(with($large),
    qr{client_max_body_size is 1048576 bytes, and /files/\S+ takes \d+: },
    'files that nginx would refuse');
unlike(with($large, "client_max_body_size $_;"), qr/client_max_body_size/,
    "none with $_") for qw(64m 0);

SKIP: {
    skip 'root alone can ask for another user', 3
        if $> != 0 || Civic::Nginx::asan();    # whose workers are root's

    chmod 0600, "$rules/hello.lua" or die $!;
    ($status, $said) = $nginx->civicctl('doctor');
    chmod 0644, "$rules/hello.lua" or die $!;

    is($status, 1, 'a rule file that is root\'s alone is a problem');
    like($said, qr{cannot read \Q$rules\E/hello\.lua: Permission denied},
        'and is named');

    chmod 0600, "$rules/lib/tries.lua" or die $!;
    ($status, $said) = $nginx->civicctl('doctor');
    chmod 0644, "$rules/lib/tries.lua" or die $!;

    like($said, qr{cannot read \Q$rules\E/lib/tries\.lua: Permission denied},
        'a part, as well');
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 3
        if Civic::Nginx::asan();

    ($status, $said) = $nginx->civicctl('doctor');
    like($said, qr/nginx takes the configuration/, 'nginx itself is asked');
    $nginx->write_conf(http => 'civic_fibres 12;');
    ($status, $said) = $nginx->civicctl('doctor');
    is($status, 1, 'a directive that nginx does not know is a problem');
    like($said, qr/nginx -t: .*unknown directive "civic_fibres"/,
        'and is named');
    $nginx->write_conf(http => '');
}

($status, $said) = $nginx->civicctl('help');
is($status, 0, 'help is no mistake');
like($said, qr/^usage: .* doctor .* openapi /s, 'and lists the commands');

$said = `@{[ Civic::Nginx::root() ]}/build/civicctl --help`;
is($?, 0, 'nor is --help');
like($said, qr/^(?:usage|用法).* doctor /s, 'on standard output');

finish();
